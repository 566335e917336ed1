// What shared code asks of a cell, as data: whatever runs once a step or once a row is compiled once for all cells. The names
// are explained in cell.h, which fills this in.
#pragma once

namespace gatewise {

struct CellFacts {
  int gates;  // G
  int early_gates;
  int late_gates;
  int slots;       // S
  int grad_slots;  // D
  int input_slot;
  int state_slot;
  int late_slot;
  int input_bias;
  int state_bias;
  const int* input_gate;  // [G]
  const int* state_gate;  // [G]
  int vectors;
  int vector_slot;
  bool has_cell;
  bool staged;
};

}  // namespace gatewise
