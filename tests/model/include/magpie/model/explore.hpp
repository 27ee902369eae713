#pragma once

#include <magpie/model/engine.hpp>
#include <magpie/model/model_policy.hpp>
#include <magpie/model/options.hpp>

#include <memory>
#include <new>
#include <string>
#include <type_traits>

/// The face of the checker. A scene is a class like
///
///     struct handover {
///       static constexpr int threads = 2;
///       void thread(int self);   // what each thread does
///       void after();            // optional: once all have ended
///       model::atomic<int> ready{0};
///     };
///
/// and explore<handover>(options) runs it afresh for every execution that the options ask for. The scene must be
/// deterministic: no clock, no random number of its own, no memory of earlier executions that decides anything.
namespace magpie::model {

template <class Scene>
concept scene = requires(Scene& it, int self) {
  requires Scene::threads >= 1 && Scene::threads <= max_threads;
  it.thread(self);
  requires std::is_default_constructible_v<Scene>;
};

template <scene Scene>
result explore(const options& wanted = {}) {
  const scene_calls calls{
      .threads = Scene::threads,
      .size = sizeof(Scene),
      .alignment = alignof(Scene),
      .construct = [](void* at) { ::new (at) Scene(); },
      .thread = [](void* at, int self) { static_cast<Scene*>(at)->thread(self); },
      .after =
          [](void* at) {
            if constexpr (requires(Scene& it) { it.after(); }) static_cast<Scene*>(at)->after();
          },
      .destroy = [](void* at) { std::destroy_at(static_cast<Scene*>(at)); },
  };
  return engine::get().explore(wanted, calls);
}

/// Must hold in every execution.
inline void check(bool holds, const char* why) {
  if (!holds) [[unlikely]]
    engine::get().fail(std::string("check failed: ") + why);
}

}  // namespace magpie::model
