"""The one thing that pyproject.toml cannot say: the compiled helper, which is left out where it cannot be built.

It needs a C compiler and Python.h, no other header and no library: libcrypto is found when it runs.
"""

from glob import glob

from setuptools import Extension, setup

FOLDER = "src/mainmode/crypto/native"

setup(
    ext_modules=[
        Extension(
            "mainmode.crypto._native",
            sources=sorted(glob(f"{FOLDER}/*.c")),
            depends=sorted(glob(f"{FOLDER}/*.h")),
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            extra_compile_args=[
                "-std=c11",
                "-O3",
                "-Wall",
                "-Wextra",
                "-fvisibility=hidden",
                "-fstack-protector-strong",
            ],
            extra_link_args=["-Wl,-z,relro,-z,now"],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
