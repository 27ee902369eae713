# What magpie's own targets have in common. Nothing here touches a directory property or a global variable.

# Warnings for magpie's own sources; never part of what a user's target inherits.
function(magpie_set_warnings target)
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual>
    $<$<AND:$<BOOL:${MAGPIE_WERROR}>,$<CXX_COMPILER_ID:GNU,Clang,AppleClang>>:-Werror>)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

# What every build of the core needs, whatever it is called.
function(magpie_configure_core target)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${magpie_SOURCE_DIR}/runtime/include>
    $<BUILD_INTERFACE:${magpie_SOURCE_DIR}/combinators/include>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  # GCC turns symmetric transfer into a jump at -O2 only. Magpie is right without it, and faster with it at -O1 and -Og.
  target_compile_options(${target} PUBLIC $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-foptimize-sibling-calls>)
  target_compile_definitions(${target} PRIVATE MAGPIE_BUILDING)
  target_link_libraries(${target} PUBLIC Threads::Threads)
  set_target_properties(${target} PROPERTIES
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  magpie_set_warnings(${target})
endfunction()

# magpie_add_core(NAME [DEFINITIONS d...] [OPTIONS o...] [INCLUDES dir...])
#
# Compiles the core's sources once more, as a static library of its own: with other definitions (a counting or a
# disturbing atomics policy, say), other compiler options, or more include folders. Whoever links NAME inherits all three,
# as one program must see one core.
function(magpie_add_core name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEFINITIONS;OPTIONS;INCLUDES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "magpie_add_core(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_property(sources GLOBAL PROPERTY MAGPIE_CORE_SOURCES)
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${sources})
  magpie_configure_core(${name})
  target_compile_definitions(${name} PUBLIC ${arg_DEFINITIONS})
  target_compile_options(${name} PUBLIC ${arg_OPTIONS})
  target_include_directories(${name} PUBLIC ${arg_INCLUDES})
endfunction()
