// Copies and sums of (N, D) views whose rows lie apart.
#include "common/views.cuh"

// y = x. Assigns y.
extern "C" __global__ void __launch_bounds__(256) copy_forward(Matrix x, Matrix y) {
    int width = y.columns;
    for_each_pack(takes_packs(x, width) && takes_packs(y, width), y.rows, width, [&](auto pack_width, int row, int column) {
        store(y.row(row) + column, load<decltype(pack_width)::value>(x.row(row) + column));
    });
}

// dx += dy.
extern "C" __global__ void __launch_bounds__(256) accumulate(Matrix dy, Matrix dx) {
    int width = dx.columns;
    for_each_pack(takes_packs(dy, width) && takes_packs(dx, width), dx.rows, width, [&](auto pack_width, int row, int column) {
        add_to(dx.row(row) + column, load<decltype(pack_width)::value>(dy.row(row) + column));
    });
}
