"""What protoc makes of proto/, at each start: the modules hooks_pb2, hooks_pb2_grpc and types_pb2.

An application of your own runs protoc, or grpcio-tools, once when it is built.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

_proto = pathlib.Path(__file__).resolve().parents[2] / "proto"


def _generate():
    plugin = shutil.which("grpc_python_plugin")
    if plugin is None or shutil.which("protoc") is None:
        sys.exit("python-chat: protoc or grpc_python_plugin is missing; Debian's packages are "
                 "protobuf-compiler and protobuf-compiler-grpc")
    with tempfile.TemporaryDirectory(prefix="hookcast-stubs-") as folder:
        subprocess.run(
            ["protoc", f"-I{_proto}", f"--python_out={folder}", f"--grpc_python_out={folder}",
             f"--plugin=protoc-gen-grpc_python={plugin}",
             "hookcast/v1/types.proto", "hookcast/v1/hooks.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            from hookcast.v1 import hooks_pb2, hooks_pb2_grpc, types_pb2
        finally:
            sys.path.remove(folder)
    return hooks_pb2, hooks_pb2_grpc, types_pb2


hooks_pb2, hooks_pb2_grpc, types_pb2 = _generate()
