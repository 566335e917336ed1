// The gradients of a scan's weights and biases (weight_gradients.h), by tiles (gemm/tiles.h). Sums stand where those do, which also
// turns them at the end.
//
// Rows follow one another in the order of visiting, a tile's depth at a time, whatever the steps, chunks and jobs that they are of:
// so the bits are the same however a sequence is cut. What does not fill a depth at the end of a chunk is kept for the next.
#pragma once
#include "../gemm/tiles.h"
#include "gradient_operands.h"

GATEWISE_KERNEL_BEGIN

#if defined(GATEWISE_TILES)

class TileGradients : public GradientOperands {
 public:
  // Chunks are counted from 0 on.
  TileGradients(const BackwardFrame& frame, const Team& team, Index chunk)
      : GradientOperands(frame, team),
        kept_at(frame.cell, frame.job.size),
        came(frame.job.scratch + frame.room.kept + chunk % 2 * kept_at.size),
        goes(frame.job.scratch + frame.room.kept + (chunk + 1) % 2 * kept_at.size) {}

  // What the job before left, or nothing. For the first member, before the first chunk.
  void set_out(const float* from) const {
    if (from) {
      copy_floats(came, from, kept_at.size);
    } else {
      came[kept_at.count] = came[kept_at.begun] = 0.0f;
    }
  }

  // For the job that goes on, after the chunk before this one. Likewise.
  void leave(float* to) const { copy_floats(to, came, kept_at.size); }

  // Adds the rows of steps top - 1 down to bottom, whose dgates stand in that order, as far as they fill tiles; all of them where
  // the pass ends with these.
  void add_chunk(const float* dgates, Index top, Index bottom) const {
    Taken taken;
    taken.begins = came[kept_at.begun] == 0.0f;
    // No more than there is room for, whatever the chain says, which is an array of JavaScript's.
    for (Index i = 0; i < KeptRowsLayout::kMost && static_cast<float>(i) < came[kept_at.count]; ++i) {
      take(taken, {came + kept_at.dgates + i * row_size, came + kept_at.x + i * job.size.input,
                   came + kept_at.h + i * job.size.hidden});
    }
    const Steps steps{job.rows};
    for (Index s = top; s-- > bottom;) {
      const Index going_on = steps.count(s - 1);
      for (Index b = 0; b < steps.count(s); ++b, dgates += row_size) {
        const float* const h = b < going_on ? job.out + (steps.row(s - 1) + b) * job.out_row
                               : job.h0     ? job.h0 + b * job.size.hidden
                                            : nullptr;
        take(taken, {dgates, job.x + (steps.row_in_pass(s) + b) * job.size.input, h});
      }
    }
    const bool ends = job.ends && bottom == 0;
    if (!ends && team.index == 0) keep(taken);
    const Index whole = ends ? ceil_div(taken.rows, kTileDepth) : taken.rows / kTileDepth;
    if (whole > 0) add(taken, whole);
    if (!ends && team.index == 0) goes[kept_at.begun] = taken.begins ? 0.0f : 1.0f;
    release_tiles();
  }

 private:
  struct Row {
    const float* dgates;
    const float* x;
    const float* h;  // of the step before; null for zeros
  };
  struct Taken {
    Row of[kGradientTiles * kTileDepth];
    Index rows = 0;
    bool begins;  // whether sums do with these
  };

  void take(Taken& taken, const Row& row) const {
    taken.of[taken.rows++] = row;
    if (taken.rows == kGradientTiles * kTileDepth) add(taken, kGradientTiles);
  }

  // Of what is taken, what does not fill a tile.
  void keep(const Taken& taken) const {
    const Index whole = taken.rows / kTileDepth * kTileDepth, count = taken.rows - whole;
    goes[kept_at.count] = static_cast<float>(count);
    for (Index i = 0; i < count; ++i) {
      const Row& row = taken.of[whole + i];
      copy_floats(goes + kept_at.dgates + i * row_size, row.dgates, row_size);
      copy_floats(goes + kept_at.x + i * job.size.input, row.x, job.size.input);
      float* const h = goes + kept_at.h + i * job.size.hidden;
      row.h ? copy_floats(h, row.h, job.size.hidden) : zero_floats(h, job.size.hidden);
    }
  }

  // Adds so many tiles' depths of the rows that are taken.
  void add(Taken& taken, Index count) const {
    pack_left(taken, count);
    const Range panels = mine_of_panels();
    for (Index panel = panels.first; panel < panels.last; ++panel) {
      pack_right(taken, count, panel);
      add_gates(at.ih, job.size.input, mine_of_x(), own(at.x_blocks), count, panel, cell.input_slot, taken.begins);
      add_gates(at.hh, job.size.hidden, mine_of_h(), own(at.h_blocks), count, panel, cell.state_slot, taken.begins);
    }
    taken.rows = 0;
    taken.begins = false;
  }

  // This member's inputs, x and h_{t-1}.
  void pack_left(const Taken& taken, Index count) const {
    const Range x = mine_of_x(), h = mine_of_h();
    for (Index d = 0; d < count; ++d) {
      const float* of_x[kTileDepth] = {};
      const float* of_h[kTileDepth] = {};
      for (Index i = 0; i < kTileDepth && d * kTileDepth + i < taken.rows; ++i) {
        const Row& row = taken.of[d * kTileDepth + i];
        of_x[i] = row.x + x.first;
        of_h[i] = row.h ? row.h + h.first : nullptr;
      }
      pack_turned_tiles(own(at.x_blocks) + d * kStepFloats, count * kStepFloats, of_x, x.size());
      pack_turned_tiles(own(at.h_blocks) + d * kStepFloats, count * kStepFloats, of_h, h.size());
    }
  }

  // A unit panel of dgates, which it adds to the biases that are its own.
  void pack_right(const Taken& taken, Index count, Index panel) const {
    const Range biases = mine_of_bias();
    const bool with_bias = panel >= biases.first && panel < biases.last;
    const int lanes = lanes_of(panel);
    const Index slots = cell.grad_slots;
    float* const bias = sums + at.bias + panel * slots * kWidth;
    for (Index slot = 0; slot < slots; ++slot) {
      const Index place = panel * slots * kWidth + slot * lanes;
      Vec sum = taken.begins || !with_bias ? zero() : load_lanes(bias + slot * lanes, lanes);
      const auto numbers = [&](Index i) {
        if (i >= taken.rows) return zero();
        const Vec row = load_lanes(taken.of[i].dgates + place, lanes);
        sum = gatewise::add(sum, row);
        return row;
      };
      for (Index i = 0; i < count * kTileDepth; i += 2) {
        const Vec first = numbers(i), second = numbers(i + 1);
        float* const step = own(at.panel) + (i / kTileDepth * slots + slot) * kStepFloats;
        store_right(step, i % kTileDepth / 2, first, second);
      }
      if (with_bias) store_lanes(bias + slot * lanes, sum, lanes);
    }
  }

  // Of a piece of the sums, those of inputs `mine` and a panel.
  void add_gates(Index piece, Index inputs, Range mine, const float* left, Index depth, Index panel, int slot,
                 bool begins) const {
    const int lanes = lanes_of(panel);
    const Index row = cell.gates * kWidth;
    float* const to = sums + piece + (panel * inputs + mine.first) * row;
    const float* const right = own(at.panel) + slot * kStepFloats;
    with_vectors(row, [&]<int N>() {
      for (Index m = 0; m < mine.size(); m += 2 * kTileRows, left += 2 * depth * kStepFloats) {
        const TileSums sums{begins ? kNoSums : to + m * row, begins ? 0 : row, to + m * row, row};
        const int count = smaller(2 * kTileRows, mine.size() - m);
        multiply_lanes<N>(sums, lanes, lanes, count, smaller(kTileRows, count), left, right,
                          cell.grad_slots * kStepFloats, depth, {to + (m + count) * row, row, count, row});
      }
    });
  }

  const KeptRowsLayout kept_at;
  float* const came;  // what the chunk before kept
  float* const goes;  // what this one keeps
};

#else

struct TileGradients {
  TileGradients(const BackwardFrame&, const Team&, Index) {}
  void set_out(const float*) const {}
  void leave(float*) const {}
  void add_chunk(const float*, Index, Index) const {}
};

#endif

GATEWISE_KERNEL_END
