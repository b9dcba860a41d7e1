// The fields of an entity and the rows that it has in their tables.
#ifndef AUTOTOWER_EMBEDDING_CUH
#define AUTOTOWER_EMBEDDING_CUH

#include "common/cuda.cuh"

// One field (EmbeddingFields.cs has the same layout).
struct Field {
    const float* table;
    float* gradient;
    const int* values;
    const int* offsets; // null for a single-valued field
    int table_stride;
    int gradient_stride;
    int rows;
    int width;
    int column;      // of y
    int offset;      // of its sums among those of all small tables
    int first_only;
    int small;       // whether a block adds up the table's gradient before it adds it to the others'
};

struct Fields {
    Field field[12];
    int count;
    int sums; // rows times widths of all small tables
};

// The rows that an entity has in a field: `count` of them behind `values`; a missing first value is row 0.
struct Values {
    const int* values;
    int count;

    __device__ __forceinline__ Values(const Field& field, int id) {
        if (field.offsets == nullptr) {
            values = field.values + id;
            count = 1;
        } else {
            int first = field.offsets[id];
            values = field.values + first;
            count = field.offsets[id + 1] - first;
            if (field.first_only) {
                values = count > 0 ? values : nullptr;
                count = 1;
            }
        }
    }

    __device__ __forceinline__ int row(int index) const { return values == nullptr ? 0 : values[index]; }
};

__device__ __forceinline__ const Field& field_of_column(const Fields& fields, int column) {
    int f = 0;
    while (column >= fields.field[f].column + fields.field[f].width) {
        f++;
    }
    return fields.field[f];
}

// Where the rows of an entity in a field are: x is the row itself where y, their number, is 1, else the first one's place in `values`.
__device__ __forceinline__ int2 find_rows(const Field& field, int id) {
    if (id == 0) {
        return make_int2(0, 0);
    }
    const Values values(field, id);
    return values.count == 1 ? make_int2(values.row(0), 1) : make_int2((int)(values.values - field.values), values.count);
}

// Gradients of the tables: gradient(row, column) of `rows` entities flows to the rows of `found` (rows, fields). A thread owns a column and
// every copies-th row; a table that is small has `copies` copies in tables (copies, sums), which are added up at the end, so that a row
// which many entities share reaches the gradient once. The block must be in step before.
template <int THREADS, class Gradient>
__device__ __forceinline__ void scatter_rows(
    const Fields& fields, const int2* found, int rows, int columns, float* tables, int copies, Gradient gradient) {
    const int sums = fields.sums;
    constexpr int AT_ONCE = 8; // Loads in flight: atomic additions keep the compiler from moving later loads before them.
    for (int element = threadIdx.x; element < copies * sums; element += THREADS) {
        tables[element] = 0;
    }
    __syncthreads();
    const int lanes = min(columns, THREADS / copies);
    const int copy = threadIdx.x / lanes;
    for (int column = threadIdx.x % lanes; copy < copies && column < columns; column += lanes) {
        int f = 0;
        while (column >= fields.field[f].column + fields.field[f].width) {
            f++;
        }
        const Field& field = fields.field[f];
        if (field.gradient == nullptr) {
            continue;
        }
        float* table = tables + copy * sums + field.offset + column - field.column;
        float* large = field.gradient + column - field.column;
        for (int first = copy; first < rows; first += AT_ONCE * copies) {
            float values[AT_ONCE];
            #pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                values[i] = first + i * copies < rows ? gradient(first + i * copies, column) : 0;
            }
            #pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                const int2 place = first + i * copies < rows ? found[(first + i * copies) * fields.count + f] : make_int2(0, 0);
                const auto add = [&](int row, float value) {
                    if (field.small) {
                        table[row * field.width] += value;
                    } else {
                        atomicAdd(large + (long long)row * field.gradient_stride, value);
                    }
                };
                if (place.y == 1) { // as almost everywhere: no division
                    add(place.x, values[i]);
                } else {
                    for (int j = 0; j < place.y; j++) {
                        add(field.values[place.x + j], values[i] / place.y);
                    }
                }
            }
        }
    }
    __syncthreads();
    for (int element = threadIdx.x; element < sums; element += THREADS) {
        float total = 0;
        for (int other = 0; other < copies; other++) {
            total += tables[other * sums + element];
        }
        if (total == 0) {
            continue;
        }
        int f = 0;
        while (!fields.field[f].small || element >= fields.field[f].offset + fields.field[f].rows * fields.field[f].width) {
            f++;
        }
        const Field& field = fields.field[f];
        const int place = element - field.offset;
        atomicAdd(field.gradient + (long long)(place / field.width) * field.gradient_stride + place % field.width, total);
    }
}

#endif
