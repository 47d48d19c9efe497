/* Owns the limit: values and gradients written by hand for gcc, as functions that CPython calls directly.

   A result is a new array, except where an array to write into is given as the last argument. Arguments are trusted:
   C-ordered arrays of double, of the shapes that benchmarks/native_cases.py makes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <math.h>
#include <numpy/arrayobject.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION(name) static PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t count)
#define DATA(object) ((double *)PyArray_DATA((PyArrayObject *)(object)))
#define LENGTH(object, axis) PyArray_DIM((PyArrayObject *)(object), axis)

static PyObject *vector(npy_intp n) { return PyArray_EMPTY(1, &n, NPY_DOUBLE, 0); }

static PyObject *matrix(npy_intp rows, npy_intp columns) {
    npy_intp shape[2] = {rows, columns};
    return PyArray_ZEROS(2, shape, NPY_DOUBLE, 0);
}

static PyObject *zeros_like(PyObject *array) {
    return PyArray_ZEROS(PyArray_NDIM((PyArrayObject *)array), PyArray_DIMS((PyArrayObject *)array), NPY_DOUBLE, 0);
}

/* Return args[at] if it is given, else a new vector. */
static PyObject *result_vector(PyObject *const *args, Py_ssize_t count, Py_ssize_t at, npy_intp n) {
    return count > at ? Py_NewRef(args[at]) : vector(n);
}

FUNCTION(polynomial) { return PyFloat_FromDouble(2 * PyFloat_AS_DOUBLE(args[0]) + 3); }

/* Fill the first three derivatives of tanh(sin(x*x) * exp(-x)) + log(1 + x*x), by the rules of the product and of Faa di
   Bruno. */
static void composition(double x, double derivatives[3]) {
    double u = x * x, s = sin(u), c = cos(u), e = exp(-x);
    double p1 = 2 * x * c, p2 = 2 * c - 4 * u * s, p3 = -12 * x * s - 8 * u * x * c;
    double q1 = (p1 - s) * e, q2 = (p2 - 2 * p1 + s) * e, q3 = (p3 - 3 * p2 + 3 * p1 - s) * e;
    double t = tanh(s * e), d = 1 - t * t, r = 1 / (1 + u);
    derivatives[0] = d * q1 + 2 * x * r;
    derivatives[1] = d * q2 - 2 * t * d * q1 * q1 + (2 - 2 * u) * r * r;
    derivatives[2] = d * q3 - 6 * t * d * q1 * q2 + d * (6 * t * t - 2) * q1 * q1 * q1 + 4 * x * (u - 3) * r * r * r;
}

FUNCTION(composition_first) {
    double derivatives[3];
    composition(PyFloat_AS_DOUBLE(args[0]), derivatives);
    return PyFloat_FromDouble(derivatives[0]);
}

FUNCTION(composition_third) {
    double derivatives[3];
    composition(PyFloat_AS_DOUBLE(args[0]), derivatives);
    return PyFloat_FromDouble(derivatives[2]);
}

FUNCTION(rosenbrock) {
    npy_intp n = LENGTH(args[0], 0);
    PyObject *result = result_vector(args, count, 1, n);
    const double *restrict x = DATA(args[0]);
    double *restrict g = DATA(result);
    g[0] = -400 * x[0] * (x[1] - x[0] * x[0]) - 2 * (1 - x[0]);
    for (npy_intp i = 1; i < n - 1; i++)
        g[i] = 200 * (x[i] - x[i - 1] * x[i - 1]) - 400 * x[i] * (x[i + 1] - x[i] * x[i]) - 2 * (1 - x[i]);
    g[n - 1] = 200 * (x[n - 1] - x[n - 2] * x[n - 2]);
    return result;
}

FUNCTION(rosenbrock_hessian) {
    npy_intp n = LENGTH(args[0], 0);
    PyObject *result = matrix(n, n);
    const double *restrict x = DATA(args[0]);
    double *restrict h = DATA(result);
    for (npy_intp i = 0; i < n - 1; i++) {
        h[i * n + i] += 1200 * x[i] * x[i] - 400 * x[i + 1] + 2;
        h[(i + 1) * n + i + 1] = 200;
        h[i * n + i + 1] = h[(i + 1) * n + i] = -400 * x[i];
    }
    return result;
}

FUNCTION(rosenbrock_product) {
    npy_intp n = LENGTH(args[0], 0);
    PyObject *result = vector(n);
    const double *restrict x = DATA(args[0]), *restrict v = DATA(args[1]);
    double *restrict h = DATA(result);
    h[0] = (1200 * x[0] * x[0] - 400 * x[1] + 2) * v[0] - 400 * x[0] * v[1];
    for (npy_intp i = 1; i < n - 1; i++)
        h[i] = (1200 * x[i] * x[i] - 400 * x[i + 1] + 202) * v[i] - 400 * x[i] * v[i + 1] - 400 * x[i - 1] * v[i - 1];
    h[n - 1] = 200 * v[n - 1] - 400 * x[n - 2] * v[n - 2];
    return result;
}

/* The sine and the cosine in loops of their own: next to each other gcc makes one call of both, which is not vectorized. */
FUNCTION(damped_sine) {
    enum { BLOCK = 256 };
    npy_intp n = LENGTH(args[0], 0);
    PyObject *result = result_vector(args, count, 1, n);
    double sum = 0, sines[BLOCK], cosines[BLOCK];
    for (npy_intp start = 0; start < n; start += BLOCK) {
        int length = n - start < BLOCK ? n - start : BLOCK;
        const double *restrict x = DATA(args[0]) + start;
        double *restrict g = DATA(result) + start;
        for (int i = 0; i < length; i++) sines[i] = sin(x[i]);
        for (int i = 0; i < length; i++) cosines[i] = cos(x[i]);
        for (int i = 0; i < length; i++) {
            double e = exp(-x[i]), s = sines[i];
            sum += s * s * e;
            g[i] = s * e * (2 * cosines[i] - s);
        }
    }
    return Py_BuildValue("dN", sum, result);
}

/* Blocks of rows, so that the second pass over them finds them in the cache. */
FUNCTION(logistic) {
    enum { BLOCK = 64 };
    npy_intp n = LENGTH(args[1], 0), d = LENGTH(args[1], 1);
    PyObject *result = zeros_like(args[0]);
    const double *restrict w = DATA(args[0]), *restrict X = DATA(args[1]), *restrict y = DATA(args[2]);
    double *restrict g = DATA(result);
    double sum = 0, t[BLOCK];
    for (npy_intp start = 0; start < n; start += BLOCK) {
        npy_intp rows = n - start < BLOCK ? n - start : BLOCK;
        for (npy_intp i = 0; i < rows; i++) {
            const double *restrict row = X + (start + i) * d;
            double dot = 0;
            for (npy_intp j = 0; j < d; j++) dot += row[j] * w[j];
            t[i] = -y[start + i] * dot;
        }
        for (npy_intp i = 0; i < rows; i++) {
            double e = exp(-fabs(t[i]));
            sum += (t[i] > 0 ? t[i] : 0) + log(1 + e);
            t[i] = -y[start + i] * (t[i] > 0 ? 1 : e) / (1 + e);
        }
        for (npy_intp i = 0; i < rows; i++) {
            const double *restrict row = X + (start + i) * d;
            for (npy_intp j = 0; j < d; j++) g[j] += t[i] * row[j];
        }
    }
    for (npy_intp j = 0; j < d; j++) g[j] /= n;
    return Py_BuildValue("dN", sum / n, result);
}

enum { BATCH = 32, IN = 2, WIDTH = 16 };

FUNCTION(regressor) {
    const double *restrict W1 = DATA(args[0]), *restrict b1 = DATA(args[1]), *restrict W2 = DATA(args[2]);
    const double *restrict b2 = DATA(args[3]), *restrict W3 = DATA(args[4]), *restrict b3 = DATA(args[5]);
    const double *restrict X = DATA(args[6]), *restrict y = DATA(args[7]);
    PyObject *results[6];
    double *g[6], h1[BATCH * WIDTH], h2[BATCH * WIDTH], error[BATCH], sum = 0;
    for (int i = 0; i < 6; i++) g[i] = DATA(results[i] = zeros_like(args[i]));
    for (int i = 0; i < BATCH; i++)
        for (int j = 0; j < WIDTH; j++) h1[i * WIDTH + j] = b1[j] + X[i * IN] * W1[j] + X[i * IN + 1] * W1[WIDTH + j];
    for (int i = 0; i < BATCH * WIDTH; i++) h1[i] = tanh(h1[i]);
    for (int i = 0; i < BATCH; i++) {
        double row[WIDTH];
        for (int j = 0; j < WIDTH; j++) row[j] = b2[j];
        for (int k = 0; k < WIDTH; k++)
            for (int j = 0; j < WIDTH; j++) row[j] += h1[i * WIDTH + k] * W2[k * WIDTH + j];
        for (int j = 0; j < WIDTH; j++) h2[i * WIDTH + j] = row[j];
    }
    for (int i = 0; i < BATCH * WIDTH; i++) h2[i] = tanh(h2[i]);
    for (int i = 0; i < BATCH; i++) {
        double dot = b3[0] - y[i];
        for (int j = 0; j < WIDTH; j++) dot += h2[i * WIDTH + j] * W3[j];
        sum += dot * dot;
        error[i] = 2 * dot / BATCH;
    }
    double W2_columns[WIDTH * WIDTH];
    for (int k = 0; k < WIDTH; k++)
        for (int j = 0; j < WIDTH; j++) W2_columns[j * WIDTH + k] = W2[k * WIDTH + j];
    for (int i = 0; i < BATCH; i++) {
        const double *restrict first = h1 + i * WIDTH, *restrict second = h2 + i * WIDTH;
        double d2[WIDTH], d1[WIDTH] = {0};
        for (int j = 0; j < WIDTH; j++) {
            g[4][j] += error[i] * second[j];
            d2[j] = error[i] * W3[j] * (1 - second[j] * second[j]);
            g[3][j] += d2[j];
        }
        g[5][0] += error[i];
        for (int k = 0; k < WIDTH; k++)
            for (int j = 0; j < WIDTH; j++) g[2][k * WIDTH + j] += first[k] * d2[j];
        for (int j = 0; j < WIDTH; j++)
            for (int k = 0; k < WIDTH; k++) d1[k] += d2[j] * W2_columns[j * WIDTH + k];
        for (int k = 0; k < WIDTH; k++) {
            d1[k] *= 1 - first[k] * first[k];
            g[1][k] += d1[k];
            g[0][k] += X[i * IN] * d1[k];
            g[0][WIDTH + k] += X[i * IN + 1] * d1[k];
        }
    }
    return Py_BuildValue("d(NNNNNN)", sum / BATCH, results[0], results[1], results[2], results[3], results[4], results[5]);
}

FUNCTION(dense_map) {
    npy_intp n = LENGTH(args[0], 0);
    npy_intp shape[2] = {n, n};
    PyObject *result = PyArray_EMPTY(2, shape, NPY_DOUBLE, 0);
    const double *restrict x = DATA(args[0]), *restrict W = DATA(args[1]), *restrict b = DATA(args[2]);
    double *restrict J = DATA(result), slope[64];
    for (npy_intp i = 0; i < n; i++) {
        double dot = b[i];
        for (npy_intp j = 0; j < n; j++) dot += W[i * n + j] * x[j];
        slope[i] = dot;
    }
    for (npy_intp i = 0; i < n; i++) {
        double t = tanh(slope[i]);
        slope[i] = 1 - t * t;
    }
    for (npy_intp i = 0; i < n; i++)
        for (npy_intp j = 0; j < n; j++) J[i * n + j] = slope[i] * W[i * n + j];
    return result;
}

FUNCTION(square_root) {
    double a = PyFloat_AS_DOUBLE(args[0]), x = a > 1 ? a : 1, slope = a > 1 ? 1 : 0;
    while (fabs(x * x - a) > 1e-12 * a) {
        double r = 1 / x;
        slope = 0.5 * (slope + r - a * slope * r * r);
        x = 0.5 * (x + a * r);
    }
    return Py_BuildValue("dd", x, slope);
}

enum { HIDDEN = 32 };

FUNCTION(recurrence) {
    npy_intp steps = LENGTH(args[1], 0);
    PyObject *result = zeros_like(args[0]);
    const double *restrict W = DATA(args[0]), *restrict inputs = DATA(args[1]);
    double *restrict g = DATA(result), sum = 0, columns[HIDDEN * HIDDEN], d[HIDDEN];
    double *states = malloc((steps + 1) * HIDDEN * sizeof(double));
    memcpy(states, DATA(args[2]), HIDDEN * sizeof(double));
    for (int i = 0; i < HIDDEN; i++)
        for (int j = 0; j < HIDDEN; j++) columns[j * HIDDEN + i] = W[i * HIDDEN + j];
    for (npy_intp s = 0; s < steps; s++) {
        const double *restrict h = states + s * HIDDEN;
        double *restrict next = states + (s + 1) * HIDDEN, row[HIDDEN];
        for (int i = 0; i < HIDDEN; i++) row[i] = inputs[s * HIDDEN + i];
        for (int j = 0; j < HIDDEN; j++)
            for (int i = 0; i < HIDDEN; i++) row[i] += columns[j * HIDDEN + i] * h[j];
        for (int i = 0; i < HIDDEN; i++) next[i] = tanh(row[i]);
    }
    for (int i = 0; i < HIDDEN; i++) {
        sum += states[steps * HIDDEN + i];
        d[i] = 1;
    }
    for (npy_intp s = steps - 1; s >= 0; s--) {
        const double *restrict h = states + s * HIDDEN, *restrict next = states + (s + 1) * HIDDEN;
        double back[HIDDEN] = {0};
        for (int i = 0; i < HIDDEN; i++) d[i] *= 1 - next[i] * next[i];
        for (int i = 0; i < HIDDEN; i++)
            for (int j = 0; j < HIDDEN; j++) {
                g[i * HIDDEN + j] += d[i] * h[j];
                back[j] += d[i] * W[i * HIDDEN + j];
            }
        for (int i = 0; i < HIDDEN; i++) d[i] = back[i];
    }
    free(states);
    return Py_BuildValue("dN", sum, result);
}

enum { SIZE = 20, POINTS = 32 };

/* D = X - mean, in each row. */
static void subtract(double *restrict D, const double *restrict X, const double *restrict mean, npy_intp rows) {
    for (npy_intp i = 0; i < rows; i++)
        for (int a = 0; a < SIZE; a++) D[i * SIZE + a] = X[i * SIZE + a] - mean[a];
}

/* Z = D @ Q, two rows at a time, so that enough sums are under way at once. */
static void multiply(double *restrict Z, const double *restrict D, const double *restrict Q, npy_intp rows) {
    for (npy_intp i = 0; i < rows; i += 2) {
        double first[SIZE] = {0}, second[SIZE] = {0};
        for (int a = 0; a < SIZE; a++)
            for (int b = 0; b < SIZE; b++) {
                first[b] += D[i * SIZE + a] * Q[a * SIZE + b];
                second[b] += D[(i + 1) * SIZE + a] * Q[a * SIZE + b];
            }
        for (int b = 0; b < SIZE; b++) {
            Z[i * SIZE + b] = first[b];
            Z[(i + 1) * SIZE + b] = second[b];
        }
    }
}

/* G += D.T @ Z, two rows of G at a time. */
static void accumulate(double *restrict G, const double *restrict D, const double *restrict Z, npy_intp rows) {
    for (int a = 0; a < SIZE; a += 2) {
        double first[SIZE] = {0}, second[SIZE] = {0};
        for (npy_intp i = 0; i < rows; i++)
            for (int b = 0; b < SIZE; b++) {
                first[b] += D[i * SIZE + a] * Z[i * SIZE + b];
                second[b] += D[i * SIZE + a + 1] * Z[i * SIZE + b];
            }
        for (int b = 0; b < SIZE; b++) {
            G[a * SIZE + b] += first[b];
            G[(a + 1) * SIZE + b] += second[b];
        }
    }
}

/* Blocks of points: for each, the distances to all components, then their shares, then the gradients. */
FUNCTION(mixture) {
    npy_intp K = LENGTH(args[1], 0), n = LENGTH(args[3], 0);
    const double *restrict log_weights = DATA(args[0]), *restrict means = DATA(args[1]);
    const double *restrict Q = DATA(args[2]), *restrict X = DATA(args[3]);
    PyObject *g_weights = zeros_like(args[0]), *g_means = zeros_like(args[1]), *g_factors = zeros_like(args[2]);
    double *restrict gw = DATA(g_weights), *restrict gm = DATA(g_means), *restrict gq = DATA(g_factors);
    double *Z = malloc(K * POINTS * SIZE * sizeof(double)), *terms = malloc(K * POINTS * sizeof(double));
    double loss = 0, top = log_weights[0], total = 0, D[POINTS * SIZE] = {0};
    for (npy_intp k = 1; k < K; k++) top = fmax(top, log_weights[k]);
    for (npy_intp k = 0; k < K; k++) total += exp(log_weights[k] - top);
    for (npy_intp k = 0; k < K; k++) gw[k] = n * exp(log_weights[k] - top) / total;
    loss = n * (top + log(total));
    for (npy_intp start = 0; start < n; start += POINTS) {
        npy_intp rows = n - start < POINTS ? n - start : POINTS;
        double most[POINTS], sums[POINTS] = {0};
        for (npy_intp i = 0; i < rows; i++) most[i] = -INFINITY;
        for (npy_intp k = 0; k < K; k++) {
            double *restrict z = Z + k * POINTS * SIZE;
            subtract(D, X + start * SIZE, means + k * SIZE, rows);
            multiply(z, D, Q + k * SIZE * SIZE, rows);
            for (npy_intp i = 0; i < rows; i++) {
                double square = 0;
                for (int b = 0; b < SIZE; b++) square += z[i * SIZE + b] * z[i * SIZE + b];
                terms[k * POINTS + i] = log_weights[k] - 0.5 * square;
                most[i] = most[i] > terms[k * POINTS + i] ? most[i] : terms[k * POINTS + i];
            }
        }
        for (npy_intp k = 0; k < K; k++)
            for (npy_intp i = 0; i < rows; i++)
                sums[i] += terms[k * POINTS + i] = exp(terms[k * POINTS + i] - most[i]);
        for (npy_intp i = 0; i < rows; i++) loss -= most[i] + log(sums[i]);
        for (npy_intp k = 0; k < K; k++) {
            double back[SIZE] = {0}, *restrict z = Z + k * POINTS * SIZE;
            for (npy_intp i = 0; i < rows; i++) {
                double share = terms[k * POINTS + i] / sums[i];
                gw[k] -= share;
                for (int b = 0; b < SIZE; b++) back[b] += z[i * SIZE + b] *= share;
            }
            subtract(D, X + start * SIZE, means + k * SIZE, rows);
            accumulate(gq + k * SIZE * SIZE, D, z, rows);
            for (int a = 0; a < SIZE; a++) {
                double dot = 0;
                for (int b = 0; b < SIZE; b++) dot += back[b] * Q[(k * SIZE + a) * SIZE + b];
                gm[k * SIZE + a] -= dot;
            }
        }
    }
    free(Z);
    free(terms);
    return Py_BuildValue("d(NNN)", loss, g_weights, g_means, g_factors);
}

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}
static PyMethodDef methods[] = {
    METHOD(polynomial), METHOD(composition_first), METHOD(composition_third), METHOD(rosenbrock),
    METHOD(rosenbrock_hessian), METHOD(rosenbrock_product), METHOD(damped_sine), METHOD(logistic),
    METHOD(regressor), METHOD(dense_map), METHOD(square_root), METHOD(recurrence),
    METHOD(mixture), {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "c_reference_native", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_c_reference_native(void) {
    import_array();
    return PyModule_Create(&module);
}
