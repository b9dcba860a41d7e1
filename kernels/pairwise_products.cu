// The product layer: y[b, p] = x[b, i, :] . x[b, j, :] for the pairs i < j of n tokens in lexicographic order; x (B, n*D), y (B, n(n-1)/2).
// Forward assigns y; backward accumulates dx and reads x.
#include "common/reduce.cuh"
#include "common/views.cuh"

// Number of the pair (i, j), i < j.
__device__ __forceinline__ int pair_index(int i, int j, int tokens) { return i * (2 * tokens - i - 1) / 2 + j - i - 1; }

// One warp a pair.
extern "C" __global__ void __launch_bounds__(256) pairwise_products_forward(Matrix x, int tokens, Matrix y) {
    int width = x.columns / tokens;
    long long product = grid_thread() / WARP;
    int row = (int)(product / y.columns);
    if (row >= x.rows) {
        return;
    }
    int pair = (int)(product % y.columns);
    int i = 0;
    while (pair >= pair_index(i + 1, i + 2, tokens)) {
        i++;
    }
    int j = pair - pair_index(i, i + 1, tokens) + i + 1;
    const float* left = x.row(row) + i * width;
    const float* right = x.row(row) + j * width;
    float dot = 0;
    for (int column = lane_index(); column < width; column += WARP) {
        dot = fmaf(left[column], right[column], dot);
    }
    dot = warp_sum(dot);
    if (lane_index() == 0) {
        y.row(row)[pair] = dot;
    }
}

// dx[b, i, :] += sum over the other tokens j of dy[b, pair of i and j] x[b, j, :].
extern "C" __global__ void __launch_bounds__(256) pairwise_products_backward(Matrix x, int tokens, Matrix dy, Matrix dx) {
    int width = x.columns / tokens;
    for_each_pack(takes_packs(x, width) && takes_packs(dx, width), x.rows, x.columns, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        int i = column / width;
        const float* input = x.row(row) + column % width;
        Pack<W> gradient;
        for (int k = 0; k < W; k++) {
            gradient[k] = 0;
        }
        for (int j = 0; j < tokens; j++) {
            if (j == i) {
                continue;
            }
            float factor = dy.row(row)[pair_index(min(i, j), max(i, j), tokens)];
            Pack<W> other = load<W>(input + j * width);
            for (int k = 0; k < W; k++) {
                gradient[k] = fmaf(factor, other[k], gradient[k]);
            }
        }
        add_to(dx.row(row) + column, gradient);
    });
}
