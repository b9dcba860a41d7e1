// Element-wise blocks of the towers (towers.cuh): n states of a row reduced to one, by the row's warp, and back.
#ifndef AUTOTOWER_TOWER_REDUCTION_CUH
#define AUTOTOWER_TOWER_REDUCTION_CUH

#include "common/towers.cuh"

// The n states of two neighbouring columns; the rest is not used.
struct Inputs {
    float first[MOST_INPUTS];
    float second[MOST_INPUTS];

    // From states 64 floats apart.
    __device__ __forceinline__ Inputs(const float* states, int n) {
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            const float2 pair = j < n ? *reinterpret_cast<const float2*>(states + j * WIDTH) : make_float2(0, 0);
            first[j] = pair.x;
            second[j] = pair.y;
        }
    }
};

// All n states of a column as one.
__device__ __forceinline__ float reduce_inputs(int reduction, const float (&inputs)[MOST_INPUTS], int n) {
    float value = inputs[0];
    #pragma unroll
    for (int j = 1; j < MOST_INPUTS; j++) {
        if (j < n) {
            const float other = inputs[j];
            value = reduction == PRODUCT ? value * other : reduction == MAXIMUM ? fmaxf(value, other) : reduction == MINIMUM ? fminf(value, other) : value + other;
        }
    }
    return reduction == AVERAGE ? value * (1.0f / n) : value;
}

// What the last layer of an element-wise block reads, two columns a lane.
__device__ __forceinline__ void reduce_row(const Block& block, const float* x, int n, float* reduced, float* saved) {
    const int column = 2 * lane_index();
    const Inputs inputs(x + column, n);
    const float2 value = make_float2(reduce_inputs(block.parameter, inputs.first, n), reduce_inputs(block.parameter, inputs.second, n));
    *reinterpret_cast<float2*>(reduced + column) = value;
    if (saved != nullptr) {
        *reinterpret_cast<float2*>(saved + column) = value;
    }
}

// What a gradient of the reduction is to each of the n states of one column.
__device__ __forceinline__ void spread_reduction_gradient(
    int reduction, const float (&inputs)[MOST_INPUTS], int n, float gradient, float (&to)[MOST_INPUTS]) {
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
                before *= inputs[j];
            }
        }
        float after = 1;
        #pragma unroll
        for (int j = MOST_INPUTS - 1; j >= 0; j--) {
            if (j < n) {
                to[j] *= after;
                after *= inputs[j];
            }
        }
    } else if (reduction == MAXIMUM || reduction == MINIMUM) {
        const float value = reduce_inputs(reduction, inputs, n);
        bool found = false; // The gradient goes to the first input that attains the extremum.
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j < n) {
                const bool attains = !found && inputs[j] == value;
                to[j] = attains ? gradient : 0;
                found |= attains;
            }
        }
    }
}

#endif
