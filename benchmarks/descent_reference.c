/* The limit for whole descents: loops written by hand, with the gradients that are known on paper. */
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <Python.h>
#include <math.h>
#include <numpy/arrayobject.h>

#define FUNCTION(name) static PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t count)
#define DATA(array) ((double *)PyArray_DATA((PyArrayObject *)(array)))

/* (start, steps): gradient descent on x², at a rate of 0.1. */
FUNCTION(parabola) {
    double x = PyFloat_AS_DOUBLE(args[0]);
    long steps = PyLong_AsLong(args[1]);
    for (long step = 0; step < steps; step++) x -= 0.1 * (2 * x);
    return PyFloat_FromDouble(x);
}

/* (start, steps): Adam on Rosenbrock's function of two variables, at a rate of 0.01. */
FUNCTION(adam) {
    npy_intp size = 2;
    PyObject *result = PyArray_SimpleNew(1, &size, NPY_DOUBLE);
    double x = DATA(args[0])[0], y = DATA(args[0])[1], mx = 0, my = 0, vx = 0, vy = 0, first = 1, second = 1;
    long steps = PyLong_AsLong(args[1]);
    for (long step = 0; step < steps; step++) {
        double d = y - x * x, gx = -2 * (1 - x) - 400 * x * d, gy = 200 * d;
        mx = 0.9 * mx + 0.1 * gx, my = 0.9 * my + 0.1 * gy;
        vx = 0.999 * vx + 0.001 * gx * gx, vy = 0.999 * vy + 0.001 * gy * gy;
        first *= 0.9, second *= 0.999;
        double root = sqrt(1 - second), rate = 0.01 * root / (1 - first), eps = 1e-8 * root;
        x -= rate * mx / (sqrt(vx) + eps), y -= rate * my / (sqrt(vy) + eps);
    }
    DATA(result)[0] = x, DATA(result)[1] = y;
    return result;
}

/* (X, signs, steps): gradient descent on the mean logistic loss from 0, at a rate of 0.1; blocks of rows stay in the cache. */
FUNCTION(logistic) {
    enum { BLOCK = 64, MOST = 64 };
    npy_intp n = PyArray_DIM((PyArrayObject *)args[0], 0), d = PyArray_DIM((PyArrayObject *)args[0], 1);
    PyObject *result = PyArray_ZEROS(1, &d, NPY_DOUBLE, 0);
    const double *restrict X = DATA(args[0]), *restrict signs = DATA(args[1]);
    double *restrict w = DATA(result), g[MOST], t[BLOCK];
    long steps = PyLong_AsLong(args[2]);
    for (long step = 0; step < steps; step++) {
        for (npy_intp j = 0; j < d; j++) g[j] = 0;
        for (npy_intp start = 0; start < n; start += BLOCK) {
            npy_intp rows = n - start < BLOCK ? n - start : BLOCK;
            for (npy_intp i = 0; i < rows; i++) {
                const double *restrict row = X + (start + i) * d;
                double dot = 0;
                for (npy_intp j = 0; j < d; j++) dot += row[j] * w[j];
                t[i] = dot;
            }
            for (npy_intp i = 0; i < rows; i++) t[i] = signs[start + i] / (1 + exp(-signs[start + i] * t[i]));
            for (npy_intp i = 0; i < rows; i++) {
                const double *restrict row = X + (start + i) * d;
                for (npy_intp j = 0; j < d; j++) g[j] += t[i] * row[j];
            }
        }
        for (npy_intp j = 0; j < d; j++) w[j] -= 0.1 / n * g[j];
    }
    return result;
}

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}
static PyMethodDef methods[] = {METHOD(parabola), METHOD(adam), METHOD(logistic), {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "descent_reference_native", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_descent_reference_native(void) {
    import_array();
    return PyModule_Create(&module);
}
