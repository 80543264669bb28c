/* `mainmode.crypto._native`: the module, put together of its parts. What it offers is told in crypto/compiled.py. */
#include "native.h"

typedef int (*part)(PyObject *module, struct native_state *state);

static const part parts[] = {dh_init, overwrite_init, messages_init, esp_init, segments_init};

static int native_exec(PyObject *module)
{
    struct native_state *state = PyModule_GetState(module);
    if (state == NULL || libcrypto_load() < 0)
        return -1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i](module, state) < 0)
            return -1;
    return 0;
}

static int native_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct native_state *state = PyModule_GetState(module);
    if (state != NULL) {
        Py_VISIT(state->modulus);
        Py_VISIT(state->comb);
        Py_VISIT(state->esp);
    }
    return 0;
}

static int native_clear(PyObject *module)
{
    struct native_state *state = PyModule_GetState(module);
    if (state != NULL) {
        Py_CLEAR(state->modulus);
        Py_CLEAR(state->comb);
        Py_CLEAR(state->esp);
    }
    return 0;
}

static void native_free(void *module)
{
    native_clear(module);
}

static PyModuleDef_Slot native_slots[] = {
    {Py_mod_exec, native_exec},
    {0, NULL},
};

static struct PyModuleDef native_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "The compiled helper: what mainmode.crypto.compiled tells of.",
    .m_size = sizeof(struct native_state),
    .m_slots = native_slots,
    .m_traverse = native_traverse,
    .m_clear = native_clear,
    .m_free = native_free,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&native_module);
}
