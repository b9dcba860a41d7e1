// y[b, l] = x[b, l] + position[l]; x, y (B*L, d), position (L, d). Forward assigns y; backward accumulates.
#include "common/column_sums.cuh"
#include "common/views.cuh"

extern "C" __global__ void __launch_bounds__(256) position_forward(Matrix x, Matrix position, Matrix y) {
    int width = y.columns;
    bool packed = takes_packs(x, width) && takes_packs(position, width) && takes_packs(y, width);
    for_each_pack(packed, y.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        Pack<W> sum = load<W>(x.row(row) + column);
        Pack<W> addend = load<W>(position.row(row % position.rows) + column);
        for (int k = 0; k < W; k++) {
            sum[k] += addend[k];
        }
        store(y.row(row) + column, sum);
    });
}

// dx += dy and, in the same pass over dy, position_gradient[l] += sum over b of dy[b, l]; both (B*L, d), contiguous, seen as (B, L*d).
extern "C" __global__ void __launch_bounds__(256) position_backward(const float* dy, float* dx, int examples, int columns, float* position_gradient, float* partials, int* counters) {
    add_column_sums(
        [&](int example, int column) {
            long long element = (long long)example * columns + column;
            float gradient = dy[element];
            dx[element] += gradient;
            return gradient;
        },
        examples, columns, partials, counters, position_gradient);
}
