# Language level, warnings, sanitizers, linker and compiler cache: what every target shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
endif()

if(HOOKCAST_SANITIZE)
  add_compile_options(-fsanitize=${HOOKCAST_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HOOKCAST_SANITIZE})
  if(HOOKCAST_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio's fences, which it warns of
  endif()
  if(HOOKCAST_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

find_program(HOOKCAST_CCACHE ccache)
if(HOOKCAST_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HOOKCAST_CCACHE})
endif()

find_program(HOOKCAST_MOLD mold)
if(HOOKCAST_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
