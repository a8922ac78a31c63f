/*
 * How a worker's process tells its node why it ended, where there is no time
 * or no way for a message: exit codes above 63, the highest that a task's
 * process.exit() passes on.
 */
#ifndef POND_RUNTIME_WIRE_WORKER_EXIT_H
#define POND_RUNTIME_WIRE_WORKER_EXIT_H

/* Resident memory is past its limit. */
#define WORKER_EXIT_MEMORY 120

/* A turn of JavaScript is past its limit. */
#define WORKER_EXIT_TIME 121

/* The node is gone, or sent nonsense. */
#define WORKER_EXIT_NODE 122

#endif
