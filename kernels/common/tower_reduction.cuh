// Element-wise blocks of the towers (towers.cuh): n states of a row reduced to one, by the row's warp, and back.
#ifndef AUTOTOWER_TOWER_REDUCTION_CUH
#define AUTOTOWER_TOWER_REDUCTION_CUH

#include "common/towers.cuh"

// Of the n states of one column, 64 floats apart.
__device__ __forceinline__ float reduce_inputs(int reduction, const float* inputs, int n) {
    float value = inputs[0];
    for (int j = 1; j < n; j++) {
        const float other = inputs[j * WIDTH];
        value = reduction == PRODUCT ? value * other : reduction == MAXIMUM ? fmaxf(value, other) : reduction == MINIMUM ? fminf(value, other) : value + other;
    }
    return reduction == AVERAGE ? value * (1.0f / n) : value;
}

// What the last layer of an element-wise block reads.
__device__ __forceinline__ void reduce_row(const Block& block, const float* x, int n, float* reduced, float* saved) {
    for (int column = lane_index(); column < WIDTH; column += WARP) {
        const float value = reduce_inputs(block.parameter, x + column, n);
        reduced[column] = value;
        if (saved != nullptr) {
            saved[column] = value;
        }
    }
}

// What a gradient of the reduction is to each of the n states of one column.
__device__ __forceinline__ void spread_reduction_gradient(int reduction, const float* inputs, int n, float gradient, float (&to)[MOST_INPUTS]) {
    const float of_each = reduction == AVERAGE ? gradient * (1.0f / n) : gradient;
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        to[j] = of_each;
    }
    if (reduction == PRODUCT) {
        float before = gradient;
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j < n) {
                to[j] = before;
                before *= inputs[j * WIDTH];
            }
        }
        float after = 1;
        #pragma unroll
        for (int j = MOST_INPUTS - 1; j >= 0; j--) {
            if (j < n) {
                to[j] *= after;
                after *= inputs[j * WIDTH];
            }
        }
    } else if (reduction == MAXIMUM || reduction == MINIMUM) {
        const float value = reduce_inputs(reduction, inputs, n);
        bool found = false; // The gradient goes to the first input that attains the extremum.
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j < n) {
                const bool attains = !found && inputs[j * WIDTH] == value;
                to[j] = attains ? gradient : 0;
                found |= attains;
            }
        }
    }
}

#endif
