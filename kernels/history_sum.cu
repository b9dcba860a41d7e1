// Sum and average pooling of histories from embedding tables to pooled vector in one launch, and back in another.
//
//   y[b] = sum of x[b, l] over the valid l, divided by their number for the average; 0 for an empty history
//   dx[b, l] = dy[b], divided likewise
//
// y (B, d) is assigned; the gradients of the tables are accumulated by atomic additions. Nothing is saved.
#include "common/history.cuh"

// Rows that are read at once, so that the wait for memory is paid once for all of them.
constexpr int AT_ONCE = 8;

extern "C" __global__ void __launch_bounds__(256) history_sum_forward(LARGE_ARGUMENT(History) h) {
    const RunsBeside beside;
    DYNAMIC_SHARED(int2, found); // (R, fields)
    const Examples own(h);
    find_history(h, own, found);
    for (int index = threadIdx.x; index < own.count * h.width; index += HISTORY_THREADS) {
        const int example = index / h.width;
        const int column = index % h.width;
        int f = 0;
        while (column >= h.fields.field[f].column + h.fields.field[f].width) {
            f++;
        }
        const Field& field = h.fields.field[f];
        const float* table = field.table + column - field.column;
        float sum = 0;
        for (int first = 0; first < h.length; first += AT_ONCE) {
            float values[AT_ONCE];
            #pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                const int l = first + i;
                const int2 place = l < h.length ? found[(example * h.length + l) * h.fields.count + f] : make_int2(0, 0);
                values[i] = place.y <= 0 ? 0 : table[(long long)place.x * field.table_stride];
            }
            #pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                sum += values[i];
            }
        }
        const int row = own.first + example;
        h.output[(long long)row * h.output_stride + column] = h.average ? sum / max(h.lengths[row], 1) : sum;
    }
}

extern "C" __global__ void __launch_bounds__(256) history_sum_backward(LARGE_ARGUMENT(History) h) {
    const RunsBeside beside;
    DYNAMIC_SHARED(int2, found); // (R, fields)
    float* tables = reinterpret_cast<float*>(found + h.examples * h.length * h.fields.count);
    const Examples own(h);
    find_history(h, own, found);
    scatter_rows<HISTORY_THREADS>(h.fields, found, own.rows, h.width, tables, h.copies, [&](int row, int column) {
        const int example = own.first + row / h.length;
        const float gradient = h.output_gradient[(long long)example * h.gradient_stride + column];
        return h.average ? gradient / max(h.lengths[example], 1) : gradient;
    });
}
