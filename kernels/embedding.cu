// Embedding gathers of the fields of entities, and their gradients.
//
//   y[i, columns of field f] = table_f[value of entity ids[i]], or the mean over its values; entity 0 is padding and gives zeros
//   gradient_f[value] += dy[i, columns of field f], divided by the number of values for a mean
//
// ids (N), y, dy (N, F*E). Single-valued fields hold entity -> row in `values`; the values of a multi-valued field are values[offsets[id]
// .. offsets[id + 1]), of which a first-only field takes the first (row 0 where there is none); the mean over none is 0.
// Forward assigns, backward accumulates, nothing is saved. Work does not depend on the number of rows of a table.
//
// The gradient has two ways. With atomic additions a thread owns an element of dy. Without, everybody adds in a fixed order: tables that
// fit into shared memory are summed up per chunk of ids and then over the chunks; the rows of larger ones are shared out to warps that
// each go through all ids.
#include "common/cuda.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;
constexpr int OWNER_THREADS = 512;

// One field, as CudaEmbeddingKernels passes it.
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
};

struct Fields {
    Field field[12];
    int count;
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

// A thread owns W neighbouring columns of a row of y.
template <int W> __device__ __forceinline__ void gather(const IntegerArray& ids, const Fields& fields, int rows_per_block, const Matrix& y) {
    int packs = y.columns / W;
    int first = blockIdx.x * rows_per_block;
    int rows = min(rows_per_block, ids.length - first);
    for (int element = threadIdx.x; element < rows * packs; element += THREADS) {
        int row = first + element / packs;
        int column = element % packs * W;
        int id = ids.data[row];
        Pack<W> sum = {};
        if (id != 0) {
            const Field& field = field_of_column(fields, column);
            Values values(field, id);
            for (int i = 0; i < values.count; i++) {
                Pack<W> value = load<W>(field.table + (long long)values.row(i) * field.table_stride + column - field.column);
                for (int c = 0; c < W; c++) {
                    sum[c] += value[c];
                }
            }
            for (int c = 0; c < W; c++) {
                sum[c] /= max(values.count, 1);
            }
        }
        store(y.row(row) + column, sum);
    }
}

extern "C" __global__ void __launch_bounds__(256) embedding_gather(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int rows_per_block, Matrix y) {
    gather<1>(ids, fields, rows_per_block, y);
}

extern "C" __global__ void __launch_bounds__(256) embedding_gather_packs(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int rows_per_block, Matrix y) {
    gather<4>(ids, fields, rows_per_block, y);
}

extern "C" __global__ void __launch_bounds__(256) embedding_scatter_atomic(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int rows_per_block, Matrix dy) {
    int first = blockIdx.x * rows_per_block;
    int rows = min(rows_per_block, ids.length - first);
    for (int element = threadIdx.x; element < rows * dy.columns; element += THREADS) {
        int row = first + element / dy.columns;
        int column = element % dy.columns;
        int id = ids.data[row];
        const Field& field = field_of_column(fields, column);
        if (id == 0 || field.gradient == nullptr) {
            continue;
        }
        Values values(field, id);
        float gradient = dy.row(row)[column] / max(values.count, 1);
        for (int i = 0; i < values.count; i++) {
            atomicAdd(field.gradient + (long long)values.row(i) * field.gradient_stride + column - field.column, gradient);
        }
    }
}

// Calls add(row, factor, i) for every value of the ids [first, end) whose row falls to this warp, in an order that is always the same.
// A block reads as many ids as it has threads, then each warp looks through them.
template <int BLOCK, class Add> __device__ __forceinline__ void for_each_owned(
    const IntegerArray& ids, const Field& field, int first, int end, int owner, int owners, Add add) { // owners: a power of two
    __shared__ int rows[BLOCK];
    __shared__ float factors[BLOCK];
    for (int tile = first; tile < end; tile += BLOCK) {
        int i = tile + threadIdx.x;
        int id = i < end ? ids.data[i] : 0;
        Values values(field, id);
        int count = id == 0 ? 0 : values.count;
        int most = block_max<BLOCK>(count);
        factors[threadIdx.x] = 1.0f / max(count, 1);
        for (int value = 0; value < most; value++) {
            rows[threadIdx.x] = value < count ? values.row(value) : -1;
            __syncthreads();
            for (int group = 0; group < BLOCK; group += WARP) {
                int row = rows[group + lane_index()];
                for (unsigned mine = __ballot_sync(FULL_WARP, row >= 0 && (row & (owners - 1)) == owner); mine != 0; mine &= mine - 1) {
                    int source = group + __ffs(mine) - 1;
                    add(rows[source], factors[source], tile + source);
                }
            }
            __syncthreads();
        }
    }
}

// Sums over chunk_length ids of the gradients of tables that fit into shared memory: partials (chunks, all small tables one behind the
// other). A block owns a chunk of one field, field by field.
extern "C" __global__ void __launch_bounds__(256) embedding_scatter_small(
    IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int chunk_length, int chunks, int sums, Matrix dy, float* partials) {
    DYNAMIC_SHARED(float, table); // (rows, width)
    const Field& field = fields.field[blockIdx.x / chunks];
    int chunk = blockIdx.x % chunks;
    for (int element = threadIdx.x; element < field.rows * field.width; element += THREADS) {
        table[element] = 0;
    }
    int first = chunk * chunk_length;
    int end = min(first + chunk_length, ids.length);
    __syncthreads();
    for_each_owned<THREADS>(ids, field, first, end, warp_index(), THREADS / WARP, [&](int row, float factor, int i) {
        const float* gradient = dy.row(i) + field.column;
        for (int c = lane_index(); c < field.width; c += WARP) {
            table[row * field.width + c] += gradient[c] * factor;
        }
    });
    __syncthreads();
    float* target = partials + (long long)chunk * sums + field.offset;
    for (int element = threadIdx.x; element < field.rows * field.width; element += THREADS) {
        target[element] = table[element];
    }
}

// Adds up the chunks of embedding_scatter_small, in order.
extern "C" __global__ void __launch_bounds__(256) embedding_scatter_small_sum(LARGE_ARGUMENT(Fields) fields, int chunks, int sums, const float* partials) {
    int element = blockIdx.x * THREADS + threadIdx.x;
    if (element >= sums) {
        return;
    }
    int f = 0;
    while (element >= fields.field[f].offset + fields.field[f].rows * fields.field[f].width) {
        f++;
    }
    const Field& field = fields.field[f];
    float total = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
        total += partials[(long long)chunk * sums + element];
    }
    int row = (element - field.offset) / field.width;
    int column = (element - field.offset) % field.width;
    if (total != 0) {
        field.gradient[(long long)row * field.gradient_stride + column] += total;
    }
}

// The gradients of larger tables: rows are shared out to the warps of all blocks of a field.
extern "C" __global__ void __launch_bounds__(512) embedding_scatter_owned(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int blocks_per_field, Matrix dy) {
    const Field& field = fields.field[blockIdx.x / blocks_per_field];
    int owner = blockIdx.x % blocks_per_field * (OWNER_THREADS / WARP) + warp_index();
    int owners = blocks_per_field * (OWNER_THREADS / WARP);
    for_each_owned<OWNER_THREADS>(ids, field, 0, ids.length, owner, owners, [&](int row, float factor, int i) {
        const float* gradient = dy.row(i) + field.column;
        float* target = field.gradient + (long long)row * field.gradient_stride;
        for (int c = lane_index(); c < field.width; c += WARP) {
            target[c] += gradient[c] * factor;
        }
    });
}
