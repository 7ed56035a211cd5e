/* Memory laid out in rows. */
#include "echo.h"

struct rows rows_flat(uint64_t bytes) { return (struct rows){true, 0, bytes, 1, bytes, 1, bytes}; }

uint64_t rows_span(struct rows r) {
  if (!r.known || !r.row || !r.rows || !r.slices) return 0;
  return (r.slices - 1) * r.slice_pitch + (r.rows - 1) * r.row_pitch + r.row;
}

uint64_t rows_at(struct rows r, uint64_t slice, uint64_t row) {
  return r.start + slice * r.slice_pitch + row * r.row_pitch;
}

uint64_t rows_room(struct rows r) { return r.known ? r.start + rows_span(r) : 0; }
