/* What the parts of the compiled helper share. Each part is one file with a function that puts its functions and types into
 * the module; module.c lists them. Python's limited API of 3.11 only.
 */
#ifndef MAINMODE_NATIVE_H
#define MAINMODE_NATIVE_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "libcrypto.h"

/* The types of the module, which lives once in each interpreter. */
struct native_state {
    PyTypeObject *modulus;
    PyTypeObject *comb;
    PyTypeObject *esp;
};

/* Each gives 0, or -1 with a Python error set. */
int dh_init(PyObject *module, struct native_state *state);
int overwrite_init(PyObject *module, struct native_state *state);
int messages_init(PyObject *module, struct native_state *state);
int esp_init(PyObject *module, struct native_state *state);
int segments_init(PyObject *module, struct native_state *state);

#endif
