/*
 * How a worker's process reports why it ended if it can send no message: exit
 * codes above 63, the highest that a task's process.exit() passes on.
 */
#ifndef POND_RUNTIME_WIRE_WORKER_EXIT_H
#define POND_RUNTIME_WIRE_WORKER_EXIT_H

/* Resident memory is above its limit. */
#define WORKER_EXIT_MEMORY 120

/* A turn of JavaScript has taken longer than its limit. */
#define WORKER_EXIT_TIME 121

/* The task's folder holds far more than its limit. */
#define WORKER_EXIT_DISK 123

/* The node is gone, or sent nonsense. */
#define WORKER_EXIT_NODE 122

#endif
