# hookcast_library(NAME [HEADERS ...] [SOURCES ...] [DEPS ...] [PRIVATE_DEPS ...])
#   One target a folder. HEADERS are the folder's contracts; building all_verify_interface_header_sets
#   compiles each of them alone.
function(hookcast_library name)
  cmake_parse_arguments(ARG "" "" "HEADERS;SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# hookcast_test(NAME SOURCES ... [DEPS ...] [LABEL unit] [TIMEOUT seconds] [NO_PRETTY_VALUES])
#   One GoogleTest binary; each test in it becomes a ctest of its own. NO_PRETTY_VALUES: the names of
#   its parameterised tests say it all.
include(GoogleTest)
function(hookcast_test name)
  cmake_parse_arguments(ARG "NO_PRETTY_VALUES" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 240)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  set(values "")
  if(ARG_NO_PRETTY_VALUES)
    set(values NO_PRETTY_VALUES)
  endif()
  gtest_discover_tests(${name} ${values} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
