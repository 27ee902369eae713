#pragma once

#include <magpie/model/engine.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace magpie::model {

/// A tracked object: never destroyed is a leak, destroyed twice a double free, and whatever atomics and plains it is
/// made of report a use after free. `name` is what a failure's table calls it.
template <class T, class... Args>
T* make_named(const char* name, Args&&... args) {
  return ::new (engine::get().allocate(sizeof(T), alignof(T), name)) T(std::forward<Args>(args)...);
}
template <class T, class... Args>
T* make(Args&&... args) {
  return make_named<T>("object", std::forward<Args>(args)...);
}
template <class T>
void destroy(T* object) {
  if (object == nullptr) return;
  engine::get().release(object);
  std::destroy_at(object);
}

/// The same for arrays, value-initialised.
template <class T>
T* make_array(std::size_t count) {
  auto* first = static_cast<T*>(engine::get().allocate(sizeof(T) * count, alignof(T), "array"));
  std::uninitialized_value_construct_n(first, count);
  return first;
}
template <class T>
void destroy_array(T* first, std::size_t count) {
  if (first == nullptr) return;
  engine::get().release(first);
  std::destroy_n(first, count);
}

/// For objects that are not made of atomics and plains: fails if `object` has been destroyed.
inline void touch(const void* object) {
  engine& model = engine::get();
  if (model.is_freed(object)) model.fail("use after free of " + model.describe(object));
}

}  // namespace magpie::model
