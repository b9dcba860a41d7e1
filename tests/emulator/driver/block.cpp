#include "block.h"

#include "faults.h"
#include "fiber.h"
#include "memory.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <sys/mman.h>
#include <vector>

// A block's threads are fibers. A thread runs until it ends or waits at a barrier or warp operation; the last one to arrive there makes
// the others ready. A fiber whose thread has ended goes on with the next thread of the block, so kernels without barriers never switch.
// Threads that wait when nobody can run any more will wait for ever: that is reported, not waited for.
//
// A thread of a cooperative launch may wait for other blocks: when the others of its block can't go on without it, the block steps aside with
// its shared memory until all blocks of the launch have ended or stepped aside, and then goes on.
//
// Between barriers a GPU runs threads in any order, so blocks take turns: those with an even sum of indices run their threads from the
// first to the last, the others from the last to the first. What depends on the order without a barrier then shows in one of them.

namespace emulator {
namespace {

struct Place {
    const char* file = nullptr;
    int line = 0;

    bool operator==(const Place& other) const { return line == other.line && (file == other.file || strcmp(file, other.file) == 0); }
    std::string name() const { return text("%s(%d)", file, line); }
};

enum class Waiting { No, Barrier, Warp, Grid, Ended };

struct Thread {
    Fiber* fiber = nullptr;
    Waiting waiting = Waiting::No;
    Place place;
    // The warp operation that it waits in.
    WarpKind kind{};
    unsigned mask = 0;
    unsigned long long value = 0;
    int operand = 0, width = 0;
};

const char* kind_name(WarpKind kind) {
    switch (kind) {
        case WarpKind::Wait: return "__syncwarp";
        case WarpKind::Index: return "__shfl_sync";
        case WarpKind::Up: return "__shfl_up_sync";
        case WarpKind::Down: return "__shfl_down_sync";
        case WarpKind::Xor: return "__shfl_xor_sync";
        case WarpKind::Ballot: return "a vote";
    }
    return "";
}

// Dynamic shared memory ends where a page without access begins.
class SharedMemory {
public:
    unsigned char* of(unsigned bytes) {
        if (!pages_) {
            pages_ = static_cast<unsigned char*>(mmap(nullptr, Room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
            mprotect(pages_ + Room, 4096, PROT_NONE);
        }
        return pages_ + Room - (bytes + 15) / 16 * 16;
    }

    bool is_behind(const void* address) const { return address >= pages_ + Room && address < pages_ + Room + 4096; }

private:
    static constexpr size_t Room = (MaxSharedBytes + 4095) / 4096 * 4096;
    unsigned char* pages_ = nullptr;
};

// The threads that may run, each at most once, first come first served.
class Ready {
public:
    bool empty() const { return head_ == tail_; }
    void clear() { head_ = tail_; }
    void push(unsigned thread) { threads_[tail_++ % MaxThreads] = thread; }
    unsigned pop() { return threads_[head_++ % MaxThreads]; }

private:
    unsigned threads_[MaxThreads];
    unsigned head_ = 0, tail_ = 0;
};

// A block that has stepped aside.
struct Aside {
    Extent block;
    unsigned ended, arrived;
    bool backwards;
    BarrierKind barrier_kind;
    Place barrier_place;
    int barrier_sum;
    std::vector<Thread> threads;
    std::vector<unsigned> at_warp;
    std::vector<unsigned char> shared, dynamic_shared;
};

class Block {
public:
    Status run(const Launch& launch, void** arguments);

    int barrier(BarrierKind kind, int predicate, Place place);
    unsigned long long warp(WarpKind kind, unsigned mask, unsigned long long value, int operand, int width, Place place);
    void grid(Place place);
    [[noreturn]] void fail(Status status, const std::string& sentence);
    [[noreturn]] void fault(const Fault& fault);

private:
    static void fiber_main();
    void work();
    void run_block();
    void go_on(const Aside& aside);
    void end_turn();
    unsigned in_turn(unsigned number) const { return backwards_ ? count_ - 1 - number : number; }
    void enter(unsigned thread);
    void start(unsigned thread);
    void resume();
    void give_way();
    void switch_to(Fiber& fiber);
    Fiber& free_fiber();
    void complete_warp(unsigned first, unsigned mask);
    std::string diagnose() const;
    std::string position(unsigned thread) const;

    Launch launch_{};
    void** arguments_ = nullptr;
    State* state_ = nullptr;
    unsigned count_ = 0, started_ = 0, ended_ = 0, arrived_ = 0, current_ = 0;
    bool backwards_ = false;
    BarrierKind barrier_kind_{};
    Place barrier_place_;
    int barrier_sum_ = 0, barrier_result_ = 0;
    Thread threads_[MaxThreads];
    unsigned at_warp_[MaxThreads / 32]; // lanes that wait in a warp operation
    unsigned at_grid_ = 0;            // threads that wait for other blocks
    unsigned long long progress_ = 0; // barriers passed and threads ended, to notice when all wait for ever
    std::vector<Aside> aside_;
    Ready ready_;
    std::vector<Fiber*> fibers_, free_;
    Fiber main_;
    Fiber* running_ = &main_;
    SharedMemory shared_;
    Status status_ = Success;
    std::string sentence_;
};

Block block;

const Runtime RuntimeTable = {
    [](BarrierKind kind, int predicate, const char* file, int line) { return block.barrier(kind, predicate, {file, line}); },
    [](WarpKind kind, unsigned mask, unsigned long long value, int operand, int width, const char* file, int line) {
        return block.warp(kind, mask, value, operand, width, {file, line});
    },
    [](const char* file, int line) { block.grid({file, line}); },
    [](const char* file, int line, const char* what) { block.fail(LaunchFailed, Place{file, line}.name() + ": " + what); },
};

Status Block::run(const Launch& launch, void** arguments) {
    launch_ = launch;
    arguments_ = arguments;
    count_ = launch.block.x * launch.block.y * launch.block.z;
    state_ = launch.module->state;
    state_->runtime = &RuntimeTable;
    state_->block_size = launch.block;
    state_->grid_size = launch.grid;
    state_->dynamic_shared = shared_.of(launch.shared_bytes);
    status_ = Success;
    FaultGuard guard([](const Fault& fault) { block.fault(fault); });
    for (unsigned z = 0; z < launch.grid.z && status_ == Success; z++) {
        for (unsigned y = 0; y < launch.grid.y && status_ == Success; y++) {
            for (unsigned x = 0; x < launch.grid.x && status_ == Success; x++) {
                state_->block = {x, y, z};
                run_block();
            }
        }
    }
    while (!aside_.empty() && status_ == Success) {
        std::vector<Aside> waiting;
        waiting.swap(aside_);
        unsigned long long before = progress_;
        for (size_t i = 0; i < waiting.size() && status_ == Success; i++) go_on(waiting[i]);
        if (status_ == Success && progress_ == before && aside_.size() == waiting.size()) {
            status_ = LaunchFailed;
            sentence_ = text("%zu blocks wait for one another for ever, thread %u of block (%u, %u, %u) at %s", waiting.size(), current_,
                state_->block.x, state_->block.y, state_->block.z, threads_[current_].place.name().c_str());
            free_ = fibers_;
            for (Fiber* fiber : fibers_) fiber->prepare(&Block::fiber_main);
        }
    }
    aside_.clear();
    return status_ == Success ? Success : report(status_, text("kernel %s: %s", launch.kernel->name, sentence_.c_str()));
}

void Block::run_block() {
    started_ = ended_ = arrived_ = at_grid_ = 0;
    barrier_sum_ = 0;
    backwards_ = (state_->block.x + state_->block.y + state_->block.z) % 2 == 1;
    memset(at_warp_, 0, sizeof at_warp_);
    poison(launch_.module->shared_begin, launch_.module->shared_end - launch_.module->shared_begin);
    poison(state_->dynamic_shared, launch_.shared_bytes);
    switch_to(free_fiber());
    end_turn();
}

// The block has ended, has stepped aside, or can't go on.
void Block::end_turn() {
    if (status_ == Success && at_grid_ > 0) {
        const unsigned char* shared = launch_.module->shared_begin;
        aside_.push_back({state_->block, ended_, arrived_, backwards_, barrier_kind_, barrier_place_, barrier_sum_, {threads_, threads_ + count_},
            {at_warp_, at_warp_ + MaxThreads / 32}, {shared, static_cast<const unsigned char*>(launch_.module->shared_end)},
            {state_->dynamic_shared, state_->dynamic_shared + launch_.shared_bytes}});
        return;
    }
    if (status_ == Success && ended_ < count_) {
        status_ = LaunchFailed;
        sentence_ = diagnose();
    }
    if (status_ != Success) {
        // Threads that never end hold their fibers: all start anew.
        ready_.clear();
        free_ = fibers_;
        for (Fiber* fiber : fibers_) fiber->prepare(&Block::fiber_main);
    }
}

void Block::go_on(const Aside& aside) {
    state_->block = aside.block;
    started_ = count_;
    ended_ = aside.ended;
    arrived_ = aside.arrived;
    backwards_ = aside.backwards;
    barrier_kind_ = aside.barrier_kind;
    barrier_place_ = aside.barrier_place;
    barrier_sum_ = aside.barrier_sum;
    at_grid_ = 0;
    std::copy(aside.threads.begin(), aside.threads.end(), threads_);
    std::copy(aside.at_warp.begin(), aside.at_warp.end(), at_warp_);
    std::copy(aside.shared.begin(), aside.shared.end(), launch_.module->shared_begin);
    std::copy(aside.dynamic_shared.begin(), aside.dynamic_shared.end(), state_->dynamic_shared);
    for (unsigned number = 0; number < count_; number++) {
        if (threads_[in_turn(number)].waiting == Waiting::Grid) ready_.push(in_turn(number));
    }
    resume();
    end_turn();
}

Fiber& Block::free_fiber() {
    if (free_.empty()) {
        fibers_.push_back(new Fiber);
        fibers_.back()->prepare(&Block::fiber_main);
        free_.push_back(fibers_.back());
    }
    Fiber* fiber = free_.back();
    free_.pop_back();
    return *fiber;
}

void Block::switch_to(Fiber& fiber) {
    Fiber& from = *running_;
    running_ = &fiber;
    Fiber::switch_to(from, fiber);
}

void Block::fiber_main() { block.work(); }

// What a fiber does for ever: start threads while none is ready, else hand over and be free.
void Block::work() {
    for (;;) {
        while (ready_.empty() && started_ < count_) {
            start(in_turn(started_++));
        }
        free_.push_back(running_);
        if (ready_.empty()) {
            switch_to(main_);
        } else {
            resume();
        }
    }
}

void Block::enter(unsigned thread) {
    const Extent& size = launch_.block;
    current_ = thread;
    threads_[thread].waiting = Waiting::No;
    state_->thread = size.y == 1 && size.z == 1 ? Extent{thread, 0, 0} : Extent{thread % size.x, thread / size.x % size.y, thread / size.x / size.y};
}

void Block::start(unsigned thread) {
    threads_[thread].fiber = running_;
    enter(thread);
    launch_.kernel->run(arguments_);
    threads_[current_].waiting = Waiting::Ended;
    progress_++;
    ended_++;
}

// Continues the first of the ready threads.
void Block::resume() {
    unsigned thread = ready_.pop();
    enter(thread);
    if (threads_[thread].fiber != running_) {
        switch_to(*threads_[thread].fiber);
    }
}

// The running thread waits: others run until somebody resumes it.
void Block::give_way() {
    if (!ready_.empty()) {
        resume();
    } else if (started_ < count_) {
        switch_to(free_fiber());
    } else {
        switch_to(main_);
    }
}

void Block::grid(Place place) {
    if (!launch_.is_cooperative) {
        fail(LaunchFailed, text("%s: %s waits for other blocks, but the launch is not cooperative", place.name().c_str(), position(current_).c_str()));
    }
    threads_[current_].waiting = Waiting::Grid;
    threads_[current_].place = place;
    at_grid_++;
    give_way();
}

int Block::barrier(BarrierKind kind, int predicate, Place place) {
    if (arrived_ == 0) {
        barrier_kind_ = kind;
        barrier_place_ = place;
        barrier_sum_ = 0;
    } else if (kind != barrier_kind_ || !(place == barrier_place_)) {
        fail(LaunchFailed, text("divergent barrier: %s waits at %s while others of the block wait at %s", position(current_).c_str(),
            place.name().c_str(), barrier_place_.name().c_str()));
    }
    barrier_sum_ += predicate;
    if (++arrived_ < count_) {
        threads_[current_].waiting = Waiting::Barrier;
        threads_[current_].place = place;
        give_way();
        return barrier_result_;
    }
    arrived_ = 0;
    progress_++;
    switch (kind) {
        case BarrierKind::Wait: barrier_result_ = 0; break;
        case BarrierKind::And: barrier_result_ = barrier_sum_ == (int)count_; break;
        case BarrierKind::Or: barrier_result_ = barrier_sum_ != 0; break;
        case BarrierKind::Count: barrier_result_ = barrier_sum_; break;
    }
    int result = barrier_result_;
    // All in turn, the last to arrive among them: warps then reach their next operations together.
    for (unsigned number = 0; number < count_; number++) {
        ready_.push(in_turn(number));
    }
    give_way();
    return result;
}

unsigned long long Block::warp(WarpKind kind, unsigned mask, unsigned long long value, int operand, int width, Place place) {
    unsigned self = current_;
    unsigned first = self / 32 * 32;
    unsigned present = count_ - first >= 32 ? ~0u : (1u << (count_ - first)) - 1;
    mask &= present;
    if (!(mask >> (self - first) & 1)) {
        fail(LaunchFailed, text("%s: %s takes part in %s whose mask %08x leaves it out", place.name().c_str(), position(self).c_str(),
            kind_name(kind), mask));
    }
    Thread& thread = threads_[self];
    thread.waiting = Waiting::Warp;
    thread.place = place;
    thread.kind = kind;
    thread.mask = mask;
    thread.value = value;
    thread.operand = operand;
    thread.width = width;
    unsigned& waiting = at_warp_[first / 32];
    waiting |= 1u << (self - first);
    if ((waiting & mask) == mask) {
        for (unsigned other = first; other < first + 32; other++) {
            if (mask >> (other - first) & 1 && (threads_[other].kind != kind || threads_[other].mask != mask || !(threads_[other].place == place))) {
                fail(LaunchFailed, text("divergent warp: %s waits at %s in %s with mask %08x, thread %u at %s in %s with mask %08x",
                    position(self).c_str(), place.name().c_str(), kind_name(kind), mask, other, threads_[other].place.name().c_str(),
                    kind_name(threads_[other].kind), threads_[other].mask));
            }
        }
        waiting &= ~mask;
        complete_warp(first, mask);
    }
    give_way();
    return threads_[self].value;
}

// Computes every lane's result, then makes all lanes ready.
void Block::complete_warp(unsigned first, unsigned mask) {
    unsigned long long values[32], votes = 0;
    for (unsigned lane = 0; lane < 32; lane++) {
        values[lane] = threads_[first + lane].value;
        votes |= (unsigned long long)(mask >> lane & 1 && values[lane] != 0) << lane;
    }
    for (int number = 0; number < 32; number++) {
        int lane = backwards_ ? 31 - number : number;
        if (!(mask >> lane & 1)) continue;
        Thread& thread = threads_[first + lane];
        int segment = lane / thread.width * thread.width;
        int source = lane;
        switch (thread.kind) {
            case WarpKind::Wait: break;
            case WarpKind::Ballot: thread.value = votes; break;
            case WarpKind::Index: source = segment + (thread.operand & (thread.width - 1)); break;
            case WarpKind::Up: source = lane - thread.operand >= segment ? lane - thread.operand : lane; break;
            case WarpKind::Down: source = lane + thread.operand < segment + thread.width ? lane + thread.operand : lane; break;
            case WarpKind::Xor: source = (lane ^ thread.operand) < segment + thread.width ? lane ^ thread.operand : lane; break;
        }
        if (thread.kind != WarpKind::Ballot && thread.kind != WarpKind::Wait) {
            // A lane that takes no part gives an undefined value.
            thread.value = mask >> source & 1 ? values[source] : (unsigned long long)Poison << 32 | Poison;
        }
        ready_.push(first + lane);
    }
}

void Block::fail(Status status, const std::string& sentence) {
    status_ = status;
    sentence_ = sentence;
    switch_to(main_);
    __builtin_unreachable();
}

void Block::fault(const Fault& fault) {
    std::string where = source_line(launch_.library, launch_.image, fault.instruction);
    std::string what = fault.is_arithmetic ? "integer division by zero"
        : running_->is_below_stack(fault.address) ? text("the thread's local variables do not fit the emulator's stack of %zu bytes", Fiber::StackBytes)
        : shared_.is_behind(fault.address) ? text("access behind the dynamic shared memory of %u bytes", launch_.shared_bytes)
        : "access to " + describe_address(fault.address);
    fail(IllegalAddress, where + position(current_) + ": " + what);
}

std::string Block::position(unsigned thread) const {
    return text("thread %u of block (%u, %u, %u)", thread, state_->block.x, state_->block.y, state_->block.z);
}

// Why nobody can run: the operation that the first waiting thread waits in, and what keeps the others from it.
std::string Block::diagnose() const {
    unsigned first = 0;
    while (threads_[first].waiting == Waiting::Ended) first++;
    const Thread& waiting = threads_[first];
    std::string what = waiting.waiting == Waiting::Barrier ? "the block's barrier" : text("%s with mask %08x", kind_name(waiting.kind), waiting.mask);
    std::string others;
    for (unsigned thread = 0; thread < count_ && others.empty(); thread++) {
        const Thread& other = threads_[thread];
        bool expected = waiting.waiting == Waiting::Barrier || (thread / 32 == first / 32 && waiting.mask >> (thread % 32) & 1);
        if (!expected) continue;
        if (other.waiting == Waiting::Ended) {
            others = text("thread %u has ended", thread);
        } else if (other.waiting != waiting.waiting || !(other.place == waiting.place)) {
            others = text("thread %u waits at %s", thread, other.place.name().c_str());
        }
    }
    return text("%s waits for ever at %s for %s: %s (%u of %u threads have ended)", position(first).c_str(), waiting.place.name().c_str(),
        what.c_str(), others.empty() ? "lanes with another mask" : others.c_str(), ended_, count_);
}

std::mutex gate;

} // namespace

Status run(const Launch& launch, void** arguments) {
    std::lock_guard<std::mutex> lock(gate);
    return block.run(launch, arguments);
}

} // namespace emulator
