# cmake -D SOURCE=... -D COMPILER=gcc|clang -D CXX=... -D FLAGS=... -D INCLUDES=... -P check.cmake
# Fails unless SOURCE is refused with the message that its first line expects. See CMakeLists.txt beside this file.
cmake_minimum_required(VERSION 3.25)

# Not file(STRINGS): it would split at the brackets and semicolons of a regular expression.
file(READ ${SOURCE} text)
if(NOT text MATCHES "^// expect: ([^\n]+)\n(// compilers: ([^\n]+)\n)?")
  message(FATAL_ERROR "${SOURCE}:1: expected a first line '// expect: REGULAR EXPRESSION'")
endif()
set(expected "${CMAKE_MATCH_1}")
set(compilers "${CMAKE_MATCH_3}")
if(compilers AND NOT " ${compilers} " MATCHES "[ ,]${COMPILER}[ ,]")
  message(STATUS "skipped: this one is for ${compilers} only")
  return()
endif()

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
list(TRANSFORM INCLUDES PREPEND "-I")
set(command ${CXX} ${flags} -std=c++20 ${INCLUDES} -fsyntax-only -fdiagnostics-color=never ${SOURCE})

function(compile status_variable output_variable)
  execute_process(COMMAND ${command} ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(${status_variable} "${status}" PARENT_SCOPE)
  set(${output_variable} "${output}" PARENT_SCOPE)
endfunction()

compile(status output)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but must be refused with: ${expected}")
endif()
if(NOT output MATCHES "${expected}")
  message(FATAL_ERROR "${SOURCE} is refused as it should be, but not with: ${expected}\nThe compiler says:\n${output}")
endif()
if(text MATCHES "MAGPIE_FIXED")
  compile(status output -DMAGPIE_FIXED)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${SOURCE} must compile with -DMAGPIE_FIXED, but the compiler says:\n${output}")
  endif()
endif()
