// y[i] = x[i] / max(|x[i]|, 1e-12); x, y (N, O), norms (N, 1): the divisors, saved for backward. One warp a row.
// Forward assigns y and norms; backward accumulates dx += (dy - y (y . dy)) / norm; a clamped divisor is a constant.
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr float SMALLEST_NORM = 1e-12f;

extern "C" __global__ void __launch_bounds__(256) l2_normalise_forward(Matrix x, Matrix y, Matrix norms) {
    int row = (int)(grid_thread() / WARP);
    if (row >= x.rows) {
        return;
    }
    float squares = 0;
    for (int column = lane_index(); column < x.columns; column += WARP) {
        squares = fmaf(x.row(row)[column], x.row(row)[column], squares);
    }
    float length = sqrtf(warp_sum(squares));
    float norm = length <= SMALLEST_NORM ? SMALLEST_NORM : length; // not a number stays
    if (lane_index() == 0) {
        *norms.row(row) = norm;
    }
    float inverse = 1 / norm;
    for (int column = lane_index(); column < x.columns; column += WARP) {
        y.row(row)[column] = x.row(row)[column] * inverse;
    }
}

extern "C" __global__ void __launch_bounds__(256) l2_normalise_backward(Matrix y, Matrix norms, Matrix dy, Matrix dx) {
    int row = (int)(grid_thread() / WARP);
    if (row >= y.rows) {
        return;
    }
    float norm = *norms.row(row);
    float along = 0;
    for (int column = lane_index(); column < y.columns; column += WARP) {
        along = fmaf(y.row(row)[column], dy.row(row)[column], along);
    }
    along = norm > SMALLEST_NORM ? warp_sum(along) : 0;
    for (int column = lane_index(); column < y.columns; column += WARP) {
        dx.row(row)[column] += (dy.row(row)[column] - y.row(row)[column] * along) / norm;
    }
}
