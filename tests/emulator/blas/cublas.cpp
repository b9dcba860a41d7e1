// libcublas.so.13 of the emulator.
#include "product.h"

using namespace emulator;

namespace {

struct Handle {
    Stream* stream = nullptr;
    bool tf32 = false;
};

constexpr int Tf32Mode = 3, ComputeTf32 = 77;

struct Description {
    int status;
    const char *name, *text;
};

constexpr Description Descriptions[] = {
    {BlasSuccess, "CUBLAS_STATUS_SUCCESS", "success"},
    {BlasInvalidValue, "CUBLAS_STATUS_INVALID_VALUE", "an unsupported value or parameter was passed to the function"},
    {BlasExecutionFailed, "CUBLAS_STATUS_EXECUTION_FAILED", "the function failed to launch on the GPU"},
    {BlasNotSupported, "CUBLAS_STATUS_NOT_SUPPORTED", "the functionality requested is not supported"},
};

const Description& describe(int status) {
    for (const Description& description : Descriptions) {
        if (description.status == status) return description;
    }
    static constexpr Description Unknown = {-1, "unknown", "unknown"};
    return Unknown;
}

} // namespace

extern "C" {

BlasStatus cublasCreate_v2(Handle** handle) {
    *handle = new Handle;
    return BlasSuccess;
}

BlasStatus cublasDestroy_v2(Handle* handle) {
    delete handle;
    return BlasSuccess;
}

const char* cublasGetStatusName(int status) { return describe(status).name; }
const char* cublasGetStatusString(int status) { return describe(status).text; }

BlasStatus cublasGetVersion_v2(Handle*, int* version) {
    *version = 130000;
    return BlasSuccess;
}

BlasStatus cublasSetStream_v2(Handle* handle, Stream* stream) {
    handle->stream = stream;
    return BlasSuccess;
}

BlasStatus cublasSetWorkspace_v2(Handle*, void*, size_t) { return BlasSuccess; }

BlasStatus cublasSetMathMode(Handle* handle, int mode) {
    handle->tf32 = mode == Tf32Mode;
    return BlasSuccess;
}

BlasStatus cublasGemmStridedBatchedEx(Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha, const void* a,
                                      Element type_a, int lda, long long stride_a, const void* b, Element type_b, int ldb, long long stride_b,
                                      const float* beta, void* c, Element type_c, int ldc, long long stride_c, int batch, int compute, int) {
    return put(handle->stream, {m, n, k, *alpha, *beta, {a, type_a, lda, stride_a, transpose_a != 0}, {b, type_b, ldb, stride_b, transpose_b != 0},
        c, type_c, ldc, stride_c, batch, handle->tf32 || compute == ComputeTf32});
}

BlasStatus cublasGemmEx(Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha, const void* a, Element type_a,
                        int lda, const void* b, Element type_b, int ldb, const float* beta, void* c, Element type_c, int ldc, int compute,
                        int algorithm) {
    return cublasGemmStridedBatchedEx(handle, transpose_a, transpose_b, m, n, k, alpha, a, type_a, lda, 0, b, type_b, ldb, 0, beta, c, type_c, ldc,
        0, 1, compute, algorithm);
}

BlasStatus cublasSgemmStridedBatched(Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha, const float* a,
                                     int lda, long long stride_a, const float* b, int ldb, long long stride_b, const float* beta, float* c,
                                     int ldc, long long stride_c, int batch) {
    return cublasGemmStridedBatchedEx(handle, transpose_a, transpose_b, m, n, k, alpha, a, Element::Float32, lda, stride_a, b, Element::Float32,
        ldb, stride_b, beta, c, Element::Float32, ldc, stride_c, batch, 0, 0);
}

BlasStatus cublasSgemm_v2(Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha, const float* a, int lda,
                          const float* b, int ldb, const float* beta, float* c, int ldc) {
    return cublasSgemmStridedBatched(handle, transpose_a, transpose_b, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1);
}

} // extern "C"
