# Debian 12's packages; scripts/install-packages names them.

find_package(Threads REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
# Module mode first: gRPC's own config would look for a protobuf-config.cmake that Debian lacks.
find_package(Protobuf MODULE REQUIRED)
if(HOOKCAST_GRPC)
  find_package(gRPC CONFIG REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
endif()
