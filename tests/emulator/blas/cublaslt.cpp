// libcublasLt.so.13 of the emulator.
#include "product.h"

#include <cstring>

using namespace emulator;

namespace {

struct Matmul {
    bool transpose_a = false, transpose_b = false, tf32 = false;
    int epilogue = 1;
    const float* bias = nullptr;
};

struct Layout {
    Element type;
    unsigned long long rows, columns;
    long long leading;
};

// cublasLtMatmulHeuristicResult_t
struct Choice {
    unsigned long long algorithm[8];
    size_t workspace_bytes;
    int status;
    float waves;
    int reserved[4];
};

constexpr int ComputeTf32 = 77;
constexpr int ReluBit = 2, BiasBit = 4; // of CUBLASLT_EPILOGUE_RELU, _BIAS, _RELU_BIAS

Matrix matrix_of(const void* address, const Layout* layout, bool transposed) { return {address, layout->type, (int)layout->leading, 0, transposed}; }

} // namespace

extern "C" {

BlasStatus cublasLtCreate(void** handle) {
    *handle = new char;
    return BlasSuccess;
}

BlasStatus cublasLtDestroy(void* handle) {
    delete static_cast<char*>(handle);
    return BlasSuccess;
}

BlasStatus cublasLtMatmulDescCreate(Matmul** description, int compute, int) {
    *description = new Matmul;
    (*description)->tf32 = compute == ComputeTf32;
    return BlasSuccess;
}

BlasStatus cublasLtMatmulDescDestroy(Matmul* description) {
    delete description;
    return BlasSuccess;
}

BlasStatus cublasLtMatmulDescSetAttribute(Matmul* description, int attribute, const void* value, size_t) {
    constexpr int TransposeA = 3, TransposeB = 4, Epilogue = 7, BiasPointer = 8;
    switch (attribute) {
        case TransposeA: description->transpose_a = *static_cast<const int*>(value) != 0; return BlasSuccess;
        case TransposeB: description->transpose_b = *static_cast<const int*>(value) != 0; return BlasSuccess;
        case Epilogue: description->epilogue = *static_cast<const int*>(value); return BlasSuccess;
        case BiasPointer: memcpy(&description->bias, value, sizeof description->bias); return BlasSuccess;
        default: return BlasInvalidValue;
    }
}

BlasStatus cublasLtMatrixLayoutCreate(Layout** layout, Element type, unsigned long long rows, unsigned long long columns, long long leading) {
    *layout = new Layout{type, rows, columns, leading};
    return BlasSuccess;
}

BlasStatus cublasLtMatrixLayoutDestroy(Layout* layout) {
    delete layout;
    return BlasSuccess;
}

BlasStatus cublasLtMatmulPreferenceCreate(void** preference) { return cublasLtCreate(preference); }
BlasStatus cublasLtMatmulPreferenceDestroy(void* preference) { return cublasLtDestroy(preference); }
BlasStatus cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, size_t) { return BlasSuccess; }

BlasStatus cublasLtMatmulAlgoGetHeuristic(void*, Matmul*, Layout*, Layout*, Layout*, Layout*, void*, int requested, Choice* choices, int* found) {
    *found = requested > 0 ? 1 : 0;
    if (requested > 0) choices[0] = {{}, 0, BlasSuccess, 1, {}};
    return BlasSuccess;
}

BlasStatus cublasLtMatmul(void*, Matmul* description, const float* alpha, const void* a, Layout* layout_a, const void* b, Layout* layout_b,
                          const float* beta, const void* c, Layout*, void* d, Layout* layout_d, const void*, void*, size_t, Stream* stream) {
    if (c != d && *beta != 0) return BlasNotSupported;
    Product product{(int)layout_d->rows, (int)layout_d->columns, (int)(description->transpose_a ? layout_a->rows : layout_a->columns), *alpha,
        *beta, matrix_of(a, layout_a, description->transpose_a), matrix_of(b, layout_b, description->transpose_b), d, layout_d->type,
        (int)layout_d->leading, 0, 1, description->tf32, {description->epilogue & BiasBit ? description->bias : nullptr,
        (description->epilogue & ReluBit) != 0}};
    return put(stream, product);
}

} // extern "C"
