// y = activation(x), element by element, (N, D); y may be x. Forward assigns y; backward accumulates dx and needs y alone.
#include "common/views.cuh"

enum Activation { ACTIVATION_RELU, ACTIVATION_SIGMOID, ACTIVATION_TANH };

// Written so that not a number stays.
__device__ inline float activate(int activation, float x) {
    return activation == ACTIVATION_RELU ? (x <= 0 ? 0 : x) : activation == ACTIVATION_TANH ? tanhf(x) : 1 / (1 + expf(-x));
}

// The gradient in front of the activation, from the output y and the gradient behind it.
__device__ inline float activation_gradient(int activation, float y, float dy) {
    return activation == ACTIVATION_RELU ? (y > 0 ? dy : 0) : dy * (activation == ACTIVATION_TANH ? 1 - y * y : y * (1 - y));
}

extern "C" __global__ void __launch_bounds__(256) activation_forward(int activation, Matrix x, Matrix y) {
    int width = y.columns;
    for_each_pack(takes_packs(x, width) && takes_packs(y, width), y.rows, width, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        Pack<W> value = load<W>(x.row(row) + column);
        for (int k = 0; k < W; k++) {
            value[k] = activate(activation, value[k]);
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
            gradient[k] = activation_gradient(activation, output[k], gradient[k]);
        }
        add_to(dx.row(row) + column, gradient);
    });
}
