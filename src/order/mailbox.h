/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How whoever holds a guest tells its processes to go on: a word in the memory of each. */
#ifndef DAXPIN_ORDER_MAILBOX_H
#define DAXPIN_ORDER_MAILBOX_H

#include <stdatomic.h>
#include <stdint.h>

/* The two, and the processor that each is bound to. */
enum dp_order_side { DP_REGISTRAR, DP_EVENT_SIDE, DP_ORDER_SIDES };

/* The low byte of the word; what is above it makes each word another one. */
enum dp_order_word {
	DP_WORD_NONE,
	DP_WORD_REGISTER,
	DP_WORD_RELEASE,
	DP_WORD_UNMAP, /* take the pages out of the page table */
	DP_WORD_EVENT,
	DP_WORD_END,
};

/* Longest list of functions in which a task sleeps, bytes. */
#define DP_SLEEP_SIZE 512

/* In memory that is locked, and looked at from outside: its layout is fixed. */
struct dp_mailbox {
	_Atomic uint64_t word;
	char sleeps[DP_SLEEP_SIZE]; /* the kernel functions in which its task was last seen */
};

#endif
