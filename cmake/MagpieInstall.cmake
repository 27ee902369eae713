# Installing: the library, the headers, a CMake package and a pkg-config file. All of them may be moved as one folder.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(magpie_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/magpie)

install(TARGETS magpie EXPORT magpie-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT magpie
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT magpie
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT magpie
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${magpie_SOURCE_DIR}/runtime/include/magpie
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT magpie FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY ${magpie_SOURCE_DIR}/combinators/include/magpie
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT magpie FILES_MATCHING PATTERN "*.hpp")

install(EXPORT magpie-targets NAMESPACE magpie:: DESTINATION ${magpie_package_dir} COMPONENT magpie)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/magpie-config.cmake.in
  ${magpie_BINARY_DIR}/magpie-config.cmake
  INSTALL_DESTINATION ${magpie_package_dir})
write_basic_package_version_file(${magpie_BINARY_DIR}/magpie-config-version.cmake
  VERSION ${magpie_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${magpie_BINARY_DIR}/magpie-config.cmake ${magpie_BINARY_DIR}/magpie-config-version.cmake
  DESTINATION ${magpie_package_dir} COMPONENT magpie)

# pkg-config: the prefix is found from the place of the file itself, so `cmake --install --prefix` may put it anywhere.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(magpie_pc_prefix ${CMAKE_INSTALL_PREFIX})
  set(magpie_pc_libdir ${CMAKE_INSTALL_LIBDIR})
else()
  file(RELATIVE_PATH magpie_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" magpie_pc_up "${magpie_pc_up}")
  set(magpie_pc_prefix "\${pcfiledir}/${magpie_pc_up}")
  set(magpie_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(magpie_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(magpie_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
get_target_property(magpie_kind magpie TYPE)
set(magpie_pc_definitions "")
if(magpie_kind STREQUAL "SHARED_LIBRARY")
  set(magpie_pc_definitions " -DMAGPIE_SHARED")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/magpie.pc.in ${magpie_BINARY_DIR}/magpie.pc @ONLY)
install(FILES ${magpie_BINARY_DIR}/magpie.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT magpie)
