// Products of rows in shared memory with a weight matrix in device memory in tf32, for rows that each warp takes as they are; weights stream
// through registers from the L2 cache.
#ifndef AUTOTOWER_ROW_PRODUCT_CUH
#define AUTOTOWER_ROW_PRODUCT_CUH

#include "common/mma.cuh"
#include "common/weights.cuh"

// accumulators += 16 rows of K columns in shared memory times the weights of the group, K = end_k a multiple of 16. Columns of the rows
// between depth and K must be finite: their weights count as zero. Rows from row_count on are not read; what accumulates for them means
// nothing.
template <bool EXACT, WeightUse USE>
__device__ __forceinline__ void accumulate(
    float (&accumulators)[4][4], const float* rows, int row_stride, const WeightGroup& group, int end_k, int row_count) {
    float v[4][4];
    load_weights<USE>(v, group, 0);
    const int row = lane_index() / 4;
    const float* own = rows + 4 * (lane_index() % 4);
    const float* upper = own + min(row, row_count - 1) * row_stride;
    const float* lower = own + min(row + 8, row_count - 1) * row_stride;
    for (int k = 0; k < end_k; k += 16) {
        float next[4][4];
        if (k + 16 < end_k) {
            load_weights<USE>(next, group, k + 16);
        }
        Operand<EXACT> b[4][4];
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            #pragma unroll
            for (int t = 0; t < 4; t++) {
                b[j][t].set(v[j][t]);
            }
        }
        const float4 top = *reinterpret_cast<const float4*>(upper + k);
        const float4 bottom = *reinterpret_cast<const float4*>(lower + k);
        const float pairs[2][4] = {{top.x, bottom.x, top.y, bottom.y}, {top.z, bottom.z, top.w, bottom.w}};
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            Operand<EXACT> a[4];
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                a[i].set(pairs[half][i]);
            }
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                mma(accumulators[j], a, b[j][2 * half], b[j][2 * half + 1]);
            }
        }
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            #pragma unroll
            for (int t = 0; t < 4; t++) {
                v[j][t] = next[j][t];
            }
        }
    }
}

#endif
