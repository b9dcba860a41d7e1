// The EW blocks: y[b, c] = reduction over j of x[b, j*D + c]; x (B, n*D), y (B, D). Forward assigns y; backward accumulates dx and reads
// x and y. A thread owns the same columns of all n tokens.
#include "common/views.cuh"

enum Reduction { REDUCTION_SUM, REDUCTION_AVERAGE, REDUCTION_PRODUCT, REDUCTION_MAXIMUM, REDUCTION_MINIMUM };

// Not a number wins, as on the CPU device.
__device__ __forceinline__ float combine(int reduction, float a, float b) {
    switch (reduction) {
    case REDUCTION_PRODUCT:
        return a * b;
    case REDUCTION_MAXIMUM:
        return a > b || isnan(a) ? a : b;
    case REDUCTION_MINIMUM:
        return a < b || isnan(a) ? a : b;
    default:
        return a + b;
    }
}

extern "C" __global__ void __launch_bounds__(256) reduce_tokens_forward(int reduction, Matrix x, int tokens, Matrix y) {
    int width = y.columns;
    for_each_pack(takes_packs(x, width) && takes_packs(y, width), y.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        const float* input = x.row(row) + column;
        Pack<W> result = load<W>(input);
        for (int j = 1; j < tokens; j++) {
            Pack<W> token = load<W>(input + j * width);
            for (int k = 0; k < W; k++) {
                result[k] = combine(reduction, result[k], token[k]);
            }
        }
        if (reduction == REDUCTION_AVERAGE) {
            for (int k = 0; k < W; k++) {
                result[k] *= 1.0f / tokens;
            }
        }
        store(y.row(row) + column, result);
    });
}

// Product: dx_j += dy * product of the others, without dividing, which would fail at zeros.
template <int W> __device__ __forceinline__ void product_backward(const float* x, int tokens, int width, const Pack<W>& dy, float* dx) {
    Pack<W> before; // product of the tokens in front of j
    for (int k = 0; k < W; k++) {
        before[k] = 1;
    }
    for (int j = 0; j < tokens; j++) {
        Pack<W> others = before;
        for (int behind = j + 1; behind < tokens; behind++) {
            Pack<W> token = load<W>(x + behind * width);
            for (int k = 0; k < W; k++) {
                others[k] *= token[k];
            }
        }
        Pack<W> token = load<W>(x + j * width);
        for (int k = 0; k < W; k++) {
            others[k] *= dy[k];
            before[k] *= token[k];
        }
        add_to(dx + j * width, others);
    }
}

// Maximum and minimum: the gradient goes to the first token that attains y.
template <int W> __device__ __forceinline__ void extremum_backward(const float* x, int tokens, int width, const Pack<W>& y, Pack<W> dy, float* dx) {
    bool open[W];
    for (int k = 0; k < W; k++) {
        open[k] = true;
    }
    for (int j = 0; j < tokens; j++) {
        Pack<W> token = load<W>(x + j * width);
        Pack<W> gradient = load<W>(dx + j * width);
        for (int k = 0; k < W; k++) {
            bool attains = open[k] && token[k] == y[k];
            gradient[k] += attains ? dy[k] : 0;
            open[k] = open[k] && !attains;
        }
        store(dx + j * width, gradient);
    }
}

extern "C" __global__ void __launch_bounds__(256) reduce_tokens_backward(int reduction, Matrix x, int tokens, Matrix y, Matrix dy, Matrix dx) {
    int width = y.columns;
    bool packed = takes_packs(x, width) && takes_packs(y, width) && takes_packs(dy, width) && takes_packs(dx, width);
    for_each_pack(packed, y.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        const float* input = x.row(row) + column;
        float* input_gradient = dx.row(row) + column;
        Pack<W> gradient = load<W>(dy.row(row) + column);
        if (reduction == REDUCTION_PRODUCT) {
            product_backward<W>(input, tokens, width, gradient, input_gradient);
        } else if (reduction == REDUCTION_MAXIMUM || reduction == REDUCTION_MINIMUM) {
            extremum_backward<W>(input, tokens, width, load<W>(y.row(row) + column), gradient, input_gradient);
        } else {
            float factor = reduction == REDUCTION_AVERAGE ? 1.0f / tokens : 1.0f;
            for (int k = 0; k < W; k++) {
                gradient[k] *= factor;
            }
            for (int j = 0; j < tokens; j++) {
                add_to(input_gradient + j * width, gradient);
            }
        }
    });
}
