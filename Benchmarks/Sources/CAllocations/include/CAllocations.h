#ifndef WHYOPS_ALLOCATIONS_H
#define WHYOPS_ALLOCATIONS_H

/// How many blocks of memory the process has asked for since it started.
unsigned long whyops_allocation_count(void);

/// Calls a function: what callgrind counts, and dumps after each call.
void whyops_cost_measured(void (*body)(void));

#endif
