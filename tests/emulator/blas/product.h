#pragma once
#include "../driver/stream.h"

namespace emulator {

// cuBLAS's codes.
enum BlasStatus { BlasSuccess = 0, BlasInvalidValue = 7, BlasExecutionFailed = 13, BlasNotSupported = 15 };
enum class Element { Float32 = 0, Float16 = 2, BFloat16 = 14 };

struct Matrix {
    const void* address;
    Element type;
    int leading;      // elements from one column to the next
    long long stride; // elements from one matrix of a batch to the next
    bool transposed;
};

// What is added to and done with a result: bias of one value a row, then the positive part.
struct Epilogue {
    const float* bias = nullptr;
    bool relu = false;
};

// C (m, n) = alpha op(A) (m, k) op(B) (k, n) + beta C for every matrix of a batch, column-major. Products are summed in float in the order
// of k. Tf32 rounds float inputs to ten bits of mantissa first.
struct Product {
    int m, n, k;
    float alpha, beta;
    Matrix a, b;
    void* c;
    Element c_type;
    int c_leading;
    long long c_stride;
    int batch = 1;
    bool tf32 = false;
    Epilogue epilogue{};
};

// Checks the shape and puts the product into a stream.
BlasStatus put(Stream* stream, const Product& product);

} // namespace emulator
