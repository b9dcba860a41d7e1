// Products of rows in shared memory with a weight matrix in device memory in tf32, for rows that each warp takes as they are; weights stream
// through registers from the L2 cache.
#ifndef AUTOTOWER_ROW_PRODUCT_CUH
#define AUTOTOWER_ROW_PRODUCT_CUH

#include "common/mma.cuh"
#include "common/weights.cuh"

// accumulators += rows (16 MT, K) in shared memory times the weights of the group, k in [first_k, end_k), multiples of 16. Columns of the
// rows between depth and the next multiple of 16 must be finite: their weights count as zero. Rows from row_count on are not read; what
// accumulates for them means nothing.
template <int MT, bool EXACT, WeightUse USE>
__device__ __forceinline__ void accumulate(
    float (&accumulators)[MT][4][4], const float* rows, int row_stride, const WeightGroup& group, int first_k, int end_k,
    int row_count = 16 * MT) {
    float v[4][4];
    load_weights<USE>(v, group, first_k);
    const float* own = rows + 4 * (lane_index() % 4);
    int row[MT][2];
    #pragma unroll
    for (int m = 0; m < MT; m++) {
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            row[m][half] = min(16 * m + 8 * half + lane_index() / 4, row_count - 1) * row_stride;
        }
    }
    for (int k = first_k; k < end_k; k += 16) {
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
        #pragma unroll
        for (int m = 0; m < MT; m++) {
            const float4 top = *reinterpret_cast<const float4*>(own + row[m][0] + k);
            const float4 bottom = *reinterpret_cast<const float4*>(own + row[m][1] + k);
            Operand<EXACT> a[4];
            a[0].set(top.x);
            a[1].set(bottom.x);
            a[2].set(top.y);
            a[3].set(bottom.y);
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                mma(accumulators[m][j], a, b[j][0], b[j][1]);
            }
            a[0].set(top.z);
            a[1].set(bottom.z);
            a[2].set(top.w);
            a[3].set(bottom.w);
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                mma(accumulators[m][j], a, b[j][2], b[j][3]);
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
