// y = activation(x), element by element, (N, D); y may be x. Forward assigns y; backward accumulates dx and needs y alone.
#include "common/views.cuh"

enum Activation { ACTIVATION_RELU, ACTIVATION_SIGMOID };

extern "C" __global__ void __launch_bounds__(256) activation_forward(int activation, Matrix x, Matrix y) {
    int width = y.columns;
    for_each_pack(takes_packs(x, width) && takes_packs(y, width), y.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        Pack<W> value = load<W>(x.row(row) + column);
        for (int k = 0; k < W; k++) {
            // Written so that not a number stays.
            value[k] = activation == ACTIVATION_RELU ? (value[k] <= 0 ? 0 : value[k]) : 1 / (1 + expf(-value[k]));
        }
        store(y.row(row) + column, value);
    });
}

extern "C" __global__ void __launch_bounds__(256) activation_backward(int activation, Matrix y, Matrix dy, Matrix dx) {
    int width = y.columns;
    bool packed = takes_packs(y, width) && takes_packs(dy, width) && takes_packs(dx, width);
    for_each_pack(packed, y.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        Pack<W> output = load<W>(y.row(row) + column);
        Pack<W> gradient = load<W>(dy.row(row) + column);
        for (int k = 0; k < W; k++) {
            gradient[k] = activation == ACTIVATION_RELU ? (output[k] > 0 ? gradient[k] : 0) : gradient[k] * output[k] * (1 - output[k]);
        }
        add_to(dx.row(row) + column, gradient);
    });
}
