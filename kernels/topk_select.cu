// Exact top-K, selection among candidates: after each round, topk_select_* raises the queries' limits and drops the candidates below them;
// in the end, topk_finish scores what is left exactly, sorts and writes.
//
// Let t be the k-th largest estimate seen and m the query's margin. At least k items have scores of t - m or more, so whatever is among the
// best k has a score of at least t - m and an estimate of at least t - 2m: that is the limit. Any smaller t is a valid choice too, so the
// search for t stops as soon as it leaves few more than k above. Candidates without an estimate (NaN, +infinity) are kept and never counted.
#include "common/async_copy.cuh"
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/ranking.cuh"
#include "common/reduce.cuh"
#include "common/screening.cuh"

constexpr int ENTRIES = 32; // candidates a thread judges
constexpr unsigned DROPPED = 0; // in place of a candidate's bits, which are larger: it leaves the list,
constexpr unsigned KEPT = 1;    // or it stays and is not counted
constexpr int AT_ONCE = 8;     // loads of candidates under way
constexpr int FINISH_THREADS = 128;
constexpr int FEW = 256;        // candidates that are ranked by comparing all with all
constexpr int FINISH_ROWS = 64;  // candidates scored at a time
constexpr int PART_BYTES = 256;  // of their rows
constexpr int LARGEST_WIDTH = 256;

template <int WARPS, class Combine, class T> __device__ __forceinline__ T group_reduce(T value) {
    if constexpr (WARPS == 1) {
        return warp_reduce<Combine>(value);
    } else {
        return block_reduce<Combine, WARPS * WARP>(value);
    }
}

// How many of the first `offered` candidates have at least these bits.
template <int WARPS> __device__ __forceinline__ int count_from(const unsigned (&bits)[ENTRIES], unsigned least, int offered) {
    int count = 0;
#pragma unroll
    for (int first = 0; first < ENTRIES; first += AT_ONCE) {
        if (first * WARPS * WARP >= offered) {
            break;
        }
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            count += bits[first + i] >= least;
        }
    }
    return group_reduce<WARPS, Sum>(count);
}

// Whether a candidate can't be a result. Estimates of minus infinity mean "not allowed" where there are margins, and are scores where there
// are none.
__device__ __forceinline__ bool is_banned(const Lists& lists, const Exclusions& exclusions, int query, int items, const Candidate& candidate) {
    return candidate.item >= items || (lists.margins != nullptr && candidate.score == -infinity()) ||
        exclusions.contains(query, candidate.item);
}

// Candidates at, at + GROUP, ... of a list, with their latencies overlapped.
template <int GROUP> __device__ __forceinline__ void load(Candidate (&candidates)[AT_ONCE], const Candidate* list, int at, int count) {
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++) {
        candidates[i] = Candidate{0.0f, 0};
        if (at + i * GROUP < count) {
            candidates[i] = list[at + i * GROUP];
        }
    }
}

// One group of WARPS warps a query; lists of up to 1024 WARPS candidates. dense: number of candidates of every list after the first round, 0
// where lists.counts says it. maxima != 0: the lists hold no candidates but the largest estimates of that many sets of items, from which a
// limit follows just so, since each stands for an item of its own; the lists are left empty.
template <int WARPS>
__device__ __forceinline__ void select(const Lists& lists, const Exclusions& exclusions, int query, int items, int k, int dense, int maxima) {
    wait_for_launch_before();
    constexpr int GROUP = WARPS * WARP;
    __shared__ int kept_by_block;
    int thread = WARPS == 1 ? lane_index() : threadIdx.x;
    int offered = dense > 0 ? dense : lists.counts[query];
    bool unbounded = lists.margins != nullptr && !(lists.margins[query] < infinity()); // its estimates mean nothing
    if (offered > lists.capacity || unbounded) {
        if (thread == 0) {
            lists.counts[query] = OVERFLOWED;
            lists.limits[query] = infinity();
        }
        return;
    }

    Candidate* list = lists.of(query);
    const unsigned positive_infinity = 0xff800000u;
    unsigned bits[ENTRIES];
    unsigned largest = 0;
    unsigned least = 0xffffffffu;
#pragma unroll
    for (int first = 0; first < ENTRIES; first += AT_ONCE) {
        Candidate candidates[AT_ONCE];
        load<GROUP>(candidates, list, first * GROUP + thread, offered);
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            unsigned judged = DROPPED;
            if ((first + i) * GROUP + thread < offered && !(maxima == 0 && is_banned(lists, exclusions, query, items, candidates[i]))) {
                unsigned ascending = ascending_bits(candidates[i].score);
                bool counts = ascending != 0 && ascending < positive_infinity;
                judged = counts ? ascending : KEPT;
                largest = counts ? max(largest, ascending) : largest;
                least = counts ? min(least, ascending) : least;
            }
            bits[first + i] = judged;
        }
    }
    float limit = -infinity();
    int counted = count_from<WARPS>(bits, KEPT + 1, offered);
    if (counted >= k) {
        // At least k from `low` on, fewer from `high` on.
        unsigned low = ~group_reduce<WARPS, Maximum>(~least);
        unsigned high = group_reduce<WARPS, Maximum>(largest) + 1;
        int enough = k + k / 8;
        while (counted > enough && high - low > 1) {
            unsigned middle = low + (high - low) / 2;
            int above = count_from<WARPS>(bits, middle, offered);
            if (above >= k) {
                low = middle;
                counted = above;
            } else {
                high = middle;
            }
        }
        float reached = from_ascending_bits(low);
        limit = lists.margins == nullptr ? reached : limit_below(reached, lists.margins[query]);
    }

    if (maxima != 0) {
        if (thread == 0) {
            lists.counts[query] = 0;
            lists.limits[query] = limit;
        }
        return;
    }
    // Compaction in place: what is kept of AT_ONCE rows of GROUP candidates moves to places that have been read before.
    int kept = 0;
    if constexpr (WARPS > 1) {
        if (thread == 0) {
            kept_by_block = 0;
        }
    }
#pragma unroll
    for (int first = 0; first < ENTRIES; first += AT_ONCE) {
        if (first * GROUP >= offered) {
            break;
        }
        Candidate candidates[AT_ONCE];
        load<GROUP>(candidates, list, first * GROUP + thread, offered);
        if constexpr (WARPS > 1) {
            __syncthreads();
        } else {
            __syncwarp();
        }
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            unsigned judged = bits[first + i];
            bool keep = judged == KEPT || (judged != DROPPED && !(from_ascending_bits(judged) < limit));
            unsigned ballot = __ballot_sync(FULL_WARP, keep);
            int base = kept;
            if constexpr (WARPS > 1) {
                if (lane_index() == 0 && ballot != 0) {
                    base = atomicAdd(&kept_by_block, __popc(ballot));
                }
                base = __shfl_sync(FULL_WARP, base, 0);
            }
            if (keep) {
                list[base + __popc(ballot & ((1u << lane_index()) - 1))] = candidates[i];
            }
            kept += __popc(ballot);
        }
    }
    if constexpr (WARPS > 1) {
        __syncthreads();
        kept = kept_by_block;
    }
    if (thread == 0) {
        lists.counts[query] = kept;
        lists.limits[query] = limit;
    }
}

// Four queries a block.
extern "C" __global__ void __launch_bounds__(128) topk_select_1024(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense, int maxima) {
    int query = blockIdx.x * 4 + warp_index();
    if (query < queries) {
        select<1>(lists, exclusions, query, items, k, dense, maxima);
    }
}

extern "C" __global__ void __launch_bounds__(64) topk_select_2048(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense, int maxima) {
    select<2>(lists, exclusions, blockIdx.x, items, k, dense, maxima);
}

extern "C" __global__ void __launch_bounds__(128) topk_select_4096(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense, int maxima) {
    select<4>(lists, exclusions, blockIdx.x, items, k, dense, maxima);
}

extern "C" __global__ void __launch_bounds__(256) topk_select_8192(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense, int maxima) {
    select<8>(lists, exclusions, blockIdx.x, items, k, dense, maxima);
}

__device__ __forceinline__ unsigned long long key(const Lists& lists, const Candidate& candidate, float score) {
    bool allowed = lists.margins == nullptr || candidate.score != -infinity();
    return allowed ? ranked_key(score, candidate.item) : NO_RESULT;
}

// The exact scores of the list's candidates [first .. first + FINISH_ROWS) become keys. Their rows are read by the whole block, since lanes
// that read a row each would fetch every word in a transaction of its own; then a thread carries on the chain of its candidate.
__device__ __forceinline__ void score_tile(
    const float* query, const Items& items, const Lists& lists, const Candidate* list, int first, int count, unsigned char* rows,
    unsigned long long* keys) {
    int size = items.is_bfloat16 != 0 ? 2 : 4;
    int row_bytes = items.columns * size;
    int pitch = row_pitch(min(row_bytes, PART_BYTES));
    int tile = min(count - first, FINISH_ROWS);
    int own = threadIdx.x < tile ? list[first + threadIdx.x].item : -1;
    float score = 0.0f;
    for (int part = 0; part < row_bytes; part += PART_BYTES) {
        int words = min(row_bytes - part, PART_BYTES) / 16;
        int word = threadIdx.x % (PART_BYTES / 16);
        for (int row = threadIdx.x / (PART_BYTES / 16); word < words && row < tile; row += FINISH_THREADS / (PART_BYTES / 16)) {
            const unsigned char* from =
                reinterpret_cast<const unsigned char*>(items.vectors) + (long long)list[first + row].item * items.stride * size + part;
            copy_16_bytes_async(rows + row * pitch + 16 * word, from + 16 * word);
        }
        commit_async_copies();
        wait_async_copies<0>();
        __syncthreads();
        if (own >= 0) {
            const unsigned char* row = rows + threadIdx.x * pitch;
            const float* of_query = query + part / size;
            if (size == 4) {
                for (int i = 0; i < words; i++) {
                    score = add_floats(of_query + 4 * i, *reinterpret_cast<const float4*>(row + 16 * i), score);
                }
            } else {
                for (int i = 0; i < words; i++) {
                    score = add_bfloat16s(of_query + 8 * i, *reinterpret_cast<const uint4*>(row + 16 * i), score);
                }
            }
        }
        __syncthreads();
    }
    if (own >= 0) {
        keys[first + threadIdx.x] = key(lists, list[first + threadIdx.x], items.bias == nullptr ? score : score + items.bias[own]);
    }
}

// A block a query. indices (N, k) and scores (N, k), assigned, except of queries whose list overflowed: those are appended to overflowed,
// which starts with their number (0 before). Dynamic shared memory: shared_keys keys, FEW at least; the keys of a longer list take its place
// in device memory. With few of them more blocks share a multiprocessor.
extern "C" __global__ void __launch_bounds__(128) topk_finish(
    const float* queries, int query_stride, Items items, Lists lists, int k, int* indices, float* scores, int score_stride, int* overflowed,
    int shared_keys) {
    DYNAMIC_SHARED(unsigned long long, near);
    __shared__ __align__(16) float query[LARGEST_WIDTH];
    __shared__ __align__(16) unsigned char rows[FINISH_ROWS * (PART_BYTES + 16)];
    wait_for_launch_before();
    int row = blockIdx.x;
    int count = lists.counts[row];
    if (count > lists.capacity) {
        if (threadIdx.x == 0) {
            overflowed[1 + atomicAdd(overflowed, 1)] = row;
        }
        return;
    }
    for (int column = threadIdx.x; column < items.columns; column += FINISH_THREADS) {
        query[column] = queries[(long long)row * query_stride + column];
    }
    Candidate* list = lists.of(row);
    unsigned long long* keys = count <= shared_keys ? near : reinterpret_cast<unsigned long long*>(list);
    if (threadIdx.x == 0 && count < (count <= shared_keys ? shared_keys : lists.capacity)) {
        keys[count] = NO_RESULT;
    }
    __syncthreads();
    if (items.takes_words()) {
        for (int first = 0; first < count; first += FINISH_ROWS) {
            score_tile(query, items, lists, list, first, count, rows, keys);
        }
    } else {
        for (int i = threadIdx.x; i < count; i += FINISH_THREADS) {
            keys[i] = key(lists, list[i], exact_score(query, items, list[i].item));
        }
    }
    __syncthreads();
    int* own_indices = indices + (long long)row * k;
    float* own_scores = scores + (long long)row * score_stride;
    if (count <= FEW) {
        // A key's place is the number of smaller ones, for which nobody waits.
        for (int i = threadIdx.x; i < count; i += FINISH_THREADS) {
            unsigned long long own = keys[i];
            int place = 0;
#pragma unroll 4
            for (int other = 0; other < count; other += 2) { // The key behind an odd number of keys is NO_RESULT.
                longlong2 two = *reinterpret_cast<const longlong2*>(keys + other);
                place += ((unsigned long long)two.x < own) + ((unsigned long long)two.y < own);
            }
            if (own != NO_RESULT && place < k) {
                write_result(own, own_indices + place, own_scores + place);
            }
        }
        int results = 0;
#pragma unroll
        for (int i = 0; i < FEW; i += FINISH_THREADS) {
            int at = i + threadIdx.x;
            results += __syncthreads_count(at < count && keys[at] != NO_RESULT);
        }
        for (int i = results + threadIdx.x; i < k; i += FINISH_THREADS) {
            write_result(NO_RESULT, own_indices + i, own_scores + i);
        }
        return;
    }
    int size = power_of_two_from(count);
    for (int i = count + threadIdx.x; i < size; i += FINISH_THREADS) {
        keys[i] = NO_RESULT;
    }
    sort_keys(keys, size);
    for (int i = threadIdx.x; i < k; i += FINISH_THREADS) {
        write_result(i < size ? keys[i] : NO_RESULT, own_indices + i, own_scores + i);
    }
}
