// How a warp reads a weight matrix in device memory for products on tensor cores, and where its results lie.
#ifndef AUTOTOWER_WEIGHTS_CUH
#define AUTOTOWER_WEIGHTS_CUH

#include "common/cuda.cuh"

constexpr int GROUP = 32; // Columns of the result that one warp computes at a time.

// How a weight is used. As floats (out, in): OUT_IN, y = x wᵀ with (N, K) = (out, in); IN_OUT, dx = dy w with (K, N) = (out, in).
enum WeightUse { OUT_IN, IN_OUT };

// A weight matrix and the 32 of its N columns that a warp computes: four tiles of 8, `tile_stride` apart (not IN_OUT). stride: elements of
// a row, N where it is packed.
struct WeightGroup {
    const float* weights;
    int stride;
    int first;
    int end;
    int tile_stride;
    int depth;
};

// Weights for 16 values of k: v[j][t] belongs to tile j and k + 4 (lane % 4) + t. Which k a lane holds is free as long as both operands
// agree; so one 16-byte load feeds two k-steps.
template <WeightUse USE> __device__ __forceinline__ void load_weights(float (&v)[4][4], const WeightGroup& group, int k) {
    const int row = lane_index() / 4;
    const int own = k + 4 * (lane_index() % 4);
    #pragma unroll
    for (int i = 0; i < 4; i++) {
        float4 loaded = make_float4(0, 0, 0, 0);
        if (USE == OUT_IN) {
            const int n = group.first + i * group.tile_stride + row;
            if (n < group.end && own < group.depth) {
                loaded = *reinterpret_cast<const float4*>(group.weights + (long long)n * group.stride + own);
            }
            v[i][0] = loaded.x;
            v[i][1] = loaded.y;
            v[i][2] = loaded.z;
            v[i][3] = loaded.w;
        } else {
            const int n = group.first + 4 * row;
            if (n < group.end && own + i < group.depth) {
                loaded = *reinterpret_cast<const float4*>(group.weights + (long long)(own + i) * group.stride + n);
            }
            v[0][i] = loaded.x;
            v[1][i] = loaded.y;
            v[2][i] = loaded.z;
            v[3][i] = loaded.w;
        }
    }
}

// Calls visit(row, tile j, position within the tile, value) for the lane's results.
template <int MT, class Visit> __device__ __forceinline__ void for_each_result(const float (&accumulators)[MT][4][4], Visit visit) {
    #pragma unroll
    for (int m = 0; m < MT; m++) {
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                visit(m * 16 + lane_index() / 4 + 8 * (i / 2), j, 2 * (lane_index() % 4) + i % 2, accumulators[m][j][i]);
            }
        }
    }
}

// The column, counted from the group's first, of a result.
template <WeightUse USE> __device__ __forceinline__ int result_column(int tile, int position) {
    return USE == IN_OUT ? position * 4 + tile : tile * 8 + position;
}

#endif
