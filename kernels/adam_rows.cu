// Adam over rows of embedding tables: an update touches the rows that a batch looks up, and the others catch up when they are needed, so
// that a step costs nothing for rows that it does not touch (RowTable.cs states what is computed).
//
//   mark      rows[place] = row of each value of each entity; a row belongs to the first place that names it
//   catch_up  the owners replay the updates that their row missed, with gradient zero: what the update of a whole table does to it
//   norm      the owners' sums of squares join those of adam.cu
//   update    the owners' moments decay by what was not replayed, then one update; gradients and owners back to zero
//
// values w, gradients g, first m, second v: slabs; a table is (V, E) at `offset` in them, beside it last_gradient, caught_up, owners (V).
// LANES threads own a place. Owners are marked by integer maxima, so nothing depends on the order in which threads run.
#include "common/adam.cuh"
#include "common/cuda.cuh"
#include "common/embedding.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;
constexpr int LANES = 16;
constexpr int PLACES = THREADS / LANES; // of a block
constexpr int NORM_PLACES = 128;        // of a block that sums squares
constexpr int LOOKUPS = 8;
constexpr int TABLES = 8;
constexpr int LAST_MARK = 0x7fffffff;

// Where to look, as AdamRowLookups.cs passes it.
struct Lookup {
    const int* values;
    const int* offsets; // null for a single-valued field
    const int* ids;
    int* rows;   // the places of this look-up
    int* owners; // of the table
    int length;  // ids
    int most;    // places an id
    int first_only;
    int first_place; // among those of the table
    int first_block;
};

struct Lookups {
    Lookup lookup[LOOKUPS];
    int count;
};

// What to update, as AdamRowTables.cs passes it.
struct Table {
    long long offset;
    int* last_gradient;
    int* caught_up;
    int* owners;
    int* rows; // (places), or null for all rows of the table
    int columns;
    int counter;
    int places;
    int first_block;
};

struct Tables {
    Table table[TABLES];
    int count;
};

// The last of the entries that begin at this block or before.
template <class Entry> __device__ __forceinline__ const Entry& entry_of_block(const Entry* entries, int count) {
    int index = 0;
    while (index + 1 < count && (int)blockIdx.x >= entries[index + 1].first_block) {
        index++;
    }
    return entries[index];
}

extern "C" __global__ void __launch_bounds__(256) adam_rows_mark(LARGE_ARGUMENT(Lookups) lookups) {
    const Lookup& lookup = entry_of_block(lookups.lookup, lookups.count);
    int place = (blockIdx.x - lookup.first_block) * THREADS + threadIdx.x;
    if (place >= lookup.length * lookup.most) {
        return;
    }
    int id = lookup.ids[place / lookup.most];
    int row = -1;
    if (id != 0) {
        Field field = {};
        field.values = lookup.values;
        field.offsets = lookup.offsets;
        field.first_only = lookup.first_only;
        const Values values(field, id);
        int index = place % lookup.most;
        row = index < values.count ? values.row(index) : -1;
    }
    lookup.rows[place] = row;
    if (row >= 0) {
        atomicMax(lookup.owners + row, LAST_MARK - (lookup.first_place + place));
    }
}

// A place and the lane of it that a thread is.
struct Position {
    int place;
    int lane;
    int row; // -1 for none

    __device__ __forceinline__ explicit Position(const Table& table) {
        place = (blockIdx.x - table.first_block) * PLACES + threadIdx.x / LANES;
        lane = threadIdx.x % LANES;
        row = place >= table.places ? -1 : table.rows == nullptr ? place : table.rows[place];
    }
};

extern "C" __global__ void __launch_bounds__(256) adam_rows_catch_up(
    float* values, float* first, float* second, LARGE_ARGUMENT(Tables) tables, Rule rule, const int* step_counts) {
    const Table& table = entry_of_block(tables.table, tables.count);
    const Position at(table);
    const bool owns = at.row >= 0 && (table.rows == nullptr || table.owners[at.row] == LAST_MARK - at.place);
    int done = 0;
    int end = 0;
    if (owns) {
        int last = table.last_gradient[at.row];
        done = table.caught_up[at.row];
        end = last + min(step_counts[table.counter] - last, rule.replayed);
    }
    __syncwarp(); // All lanes have read.
    if (at.lane == 0 && at.row >= 0 && !owns) {
        table.rows[at.place] = -1;
    }
    if (done >= end) {
        return;
    }
    if (at.lane == 0) {
        table.caught_up[at.row] = end;
    }
    const Update update(rule);
    for (int c = at.lane; c < table.columns; c += LANES) {
        long long element = table.offset + (long long)at.row * table.columns + c;
        float w = values[element], m = first[element], v = second[element];
        for (int step = done + 1; step <= end; step++) {
            update(w, 0, 1, m, v, rule.correction(step));
        }
        values[element] = w;
        first[element] = m;
        second[element] = v;
    }
}

// step_counts: updates so far, by counter.
extern "C" __global__ void __launch_bounds__(256) adam_rows_norm(
    const float* gradients, LARGE_ARGUMENT(Tables) tables, Rule rule, int* step_counts, NormParts parts) {
    if (blockIdx.x == 0 && threadIdx.x < tables.count) {
        step_counts[tables.table[threadIdx.x].counter]++;
    }
    const Table& table = entry_of_block(tables.table, tables.count);
    int begin = (blockIdx.x - table.first_block) * NORM_PLACES;
    int end = min(begin + NORM_PLACES, table.places);
    double sum = 0;
    for (int place = begin + threadIdx.x / LANES; place < end; place += PLACES) {
        int row = table.rows[place];
        for (int c = threadIdx.x % LANES; row >= 0 && c < table.columns; c += LANES) {
            float g = gradients[table.offset + (long long)row * table.columns + c];
            sum += (double)g * g;
        }
    }
    parts.finish<THREADS>(block_sum<THREADS>(sum), rule);
}

// By squaring, as on the CPU device, so that both have the same bits.
__device__ __forceinline__ float power(float factor, int exponent) {
    double result = 1;
    double square = factor;
    for (; exponent > 0; exponent >>= 1) {
        result = exponent & 1 ? result * square : result;
        square *= square;
    }
    return (float)result;
}

extern "C" __global__ void __launch_bounds__(256) adam_rows_update(
    float* values, float* gradients, float* first, float* second, LARGE_ARGUMENT(Tables) tables, Rule rule, const int* step_counts,
    const float* clip) {
    const Table& table = entry_of_block(tables.table, tables.count);
    const Position at(table);
    const int step = step_counts[table.counter];
    const int missed = at.row >= 0 ? step - 1 - table.caught_up[at.row] : 0;
    __syncwarp(); // All lanes have read.
    if (at.row < 0) {
        return;
    }
    if (at.lane == 0) {
        table.last_gradient[at.row] = step;
        table.caught_up[at.row] = step;
        table.owners[at.row] = 0;
    }
    const Update update(rule);
    const Correction correction = rule.correction(step);
    const float factor = *clip;
    const float keep1 = missed > 0 ? power(rule.beta1, missed) : 1;
    const float keep2 = missed > 0 ? power(rule.beta2, missed) : 1;
    for (int c = at.lane; c < table.columns; c += LANES) {
        long long element = table.offset + (long long)at.row * table.columns + c;
        float w = values[element], m = first[element] * keep1, v = second[element] * keep2;
        update(w, gradients[element], factor, m, v, correction);
        values[element] = w;
        first[element] = m;
        second[element] = v;
        gradients[element] = 0;
    }
}

extern "C" __global__ void __launch_bounds__(256) adam_rows_discard(float* gradients, LARGE_ARGUMENT(Tables) tables) {
    const Table& table = entry_of_block(tables.table, tables.count);
    const Position at(table);
    if (at.row < 0) {
        return;
    }
    if (at.lane == 0) {
        table.owners[at.row] = 0;
    }
    for (int c = at.lane; c < table.columns; c += LANES) {
        gradients[table.offset + (long long)at.row * table.columns + c] = 0;
    }
}
