#include <magpie/model/fiber.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define MAGPIE_MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAGPIE_MODEL_ASAN 1
#endif
#endif

#if defined(MAGPIE_MODEL_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

// A failing execution abandons its stacks, and what they own leaks, once in an exploration and by design.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

// magpie_model_switch(void** save, void* load): pushes what the calling convention preserves, leaves the stack pointer
// in *save and continues on the stack `load`, which was left the same way, or laid out by fiber::prepare().
#if defined(__x86_64__)
asm(R"(
.text
.p2align 4
.globl magpie_model_switch
.hidden magpie_model_switch
.type magpie_model_switch, @function
magpie_model_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size magpie_model_switch, .-magpie_model_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.p2align 4
.globl magpie_model_switch
.hidden magpie_model_switch
.type magpie_model_switch, %function
magpie_model_switch:
  stp x29, x30, [sp, #-160]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x29, x30, [sp], #160
  ret
.size magpie_model_switch, .-magpie_model_switch
)");
#endif

#if defined(__x86_64__) || defined(__aarch64__)
extern "C" void magpie_model_switch(void** save, void* load);
#endif

namespace magpie::model {

#if defined(MAGPIE_MODEL_ASAN)
namespace {
fiber* came_from = nullptr;
}
#endif

fiber::fiber(std::size_t stack_bytes) : size_(stack_bytes), owned_(true) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc{};
  mprotect(memory, page, PROT_NONE);  // a scene that recurses too deep stops here instead of writing into a neighbour
  stack_ = static_cast<char*>(memory) + page;
}

fiber::~fiber() {
  if (!owned_) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  munmap(static_cast<char*>(stack_) - page, size_ + page);
}

void fiber::prepare(void (*entry)()) noexcept {
  [[maybe_unused]] auto* top = reinterpret_cast<std::uint64_t*>(static_cast<char*>(stack_) + size_);
  shadow_ = nullptr;
#if defined(MAGPIE_MODEL_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(stack_, size_);  // an abandoned run leaves its red zones behind
#endif
#if defined(__x86_64__)
  top[-1] = 0;  // where entry's return address would be: ends a backtrace
  top[-2] = reinterpret_cast<std::uint64_t>(entry);
  for (int i = 3; i <= 8; ++i) top[-i] = 0;  // six preserved registers
  saved_ = top - 8;
#elif defined(__aarch64__)
  for (int i = 1; i <= 20; ++i) top[-i] = 0;
  top[-19] = reinterpret_cast<std::uint64_t>(entry);  // x30
  saved_ = top - 20;
#else
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = size_;
  context_.uc_link = nullptr;
  makecontext(&context_, entry, 0);
#endif
}

void fiber::jump(fiber& from, fiber& to, [[maybe_unused]] leave how) noexcept {
#if defined(MAGPIE_MODEL_ASAN)
  came_from = &from;
  __sanitizer_start_switch_fiber(how == leave::abandon ? nullptr : &from.shadow_, to.stack_, to.size_);
#endif
#if defined(__x86_64__) || defined(__aarch64__)
  magpie_model_switch(&from.saved_, to.saved_);
#else
  swapcontext(&from.context_, &to.context_);
#endif
#if defined(MAGPIE_MODEL_ASAN)
  __sanitizer_finish_switch_fiber(from.shadow_, nullptr, nullptr);
#endif
}

void fiber::entered() noexcept {
#if defined(MAGPIE_MODEL_ASAN)
  const void* stack = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &stack, &size);
  if (came_from->stack_ == nullptr) {  // the native stack, whose bounds nobody has told us yet
    came_from->stack_ = const_cast<void*>(stack);
    came_from->size_ = size;
  }
#endif
}

}  // namespace magpie::model
