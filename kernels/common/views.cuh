// Views of device memory, laid out like the C# structs of the same names in AutoTower.Autograd.Devices, so that a launch passes them as they
// are; and packs of W neighbouring floats, W = 4 where alignment allows 16-byte accesses.
#ifndef AUTOTOWER_VIEWS_CUH
#define AUTOTOWER_VIEWS_CUH

#include "common/cuda.cuh"

// (rows, columns) floats, row-major, stride elements from one row to the next. data is null for "absent".
struct Matrix {
    float* data;
    int rows;
    int columns;
    int stride;

    __device__ __forceinline__ float* row(int index) const { return data + (long long)index * stride; }
};

struct IntegerArray {
    int* data;
    int length;
};

// Whether every row, and every group of `width` columns in it, starts at a multiple of 16 bytes.
__device__ __forceinline__ bool takes_packs(const Matrix& matrix, int width) {
    return (unsigned long long)matrix.data % 16 == 0 && matrix.stride % 4 == 0 && width % 4 == 0;
}

template <int W> struct Pack {
    float value[W];

    __device__ __forceinline__ float& operator[](int index) { return value[index]; }
    __device__ __forceinline__ float operator[](int index) const { return value[index]; }
};

template <int W> __device__ __forceinline__ Pack<W> load(const float* address);

template <> __device__ __forceinline__ Pack<1> load<1>(const float* address) { return {{*address}}; }

template <> __device__ __forceinline__ Pack<4> load<4>(const float* address) {
    float4 values = *reinterpret_cast<const float4*>(address);
    return {{values.x, values.y, values.z, values.w}};
}

__device__ __forceinline__ void store(float* address, const Pack<1>& pack) { *address = pack[0]; }

__device__ __forceinline__ void store(float* address, const Pack<4>& pack) {
    *reinterpret_cast<float4*>(address) = make_float4(pack[0], pack[1], pack[2], pack[3]);
}

template <int W> struct Width {
    static constexpr int value = W;
};

// Calls body(Width<W>(), row, column) for every group of W neighbouring columns of a (rows, columns) matrix, spread over the grid; W is 4
// where `packed`, which must imply columns % 4 == 0, else 1.
template <class Body> __device__ __forceinline__ void for_each_pack(bool packed, int rows, int columns, Body body) {
    int groups = packed ? columns / 4 : columns;
    long long count = (long long)rows * groups;
    for (long long i = grid_thread(); i < count; i += grid_threads()) {
        // Division of 64-bit numbers is a long sequence of instructions.
        int row = count <= 0x7fffffff ? (int)((unsigned)i / (unsigned)groups) : (int)(i / groups);
        int group = (int)(i - (long long)row * groups);
        if (packed) {
            body(Width<4>(), row, 4 * group);
        } else {
            body(Width<1>(), row, group);
        }
    }
}

// *address += pack.
template <int W> __device__ __forceinline__ void add_to(float* address, const Pack<W>& pack) {
    Pack<W> sum = load<W>(address);
    for (int k = 0; k < W; k++) {
        sum[k] += pack[k];
    }
    store(address, sum);
}

#endif
