/*
 * What the commands that serve until they are stopped have in common:
 * a loop, the signals that end it, and the tie to a parent process.
 *
 *     server_open(&server, stop, user);     // stop(user) begins the end
 *     ... start what serves, on &server.loop ...
 *     server_run(&server);                  // returns when all has closed
 *
 * A server that stops calls server_release() when nothing of it is left on the
 * loop but handles that are closing.
 *
 * Under systemd (base/supervisor.h) the server says when it is ready and when
 * it stops, and shows that its loop turns as often as the watchdog wants it.
 */
#ifndef POND_CLI_SERVER_H
#define POND_CLI_SERVER_H

#include "base/buffer.h"
#include "base/supervisor.h"
#include <uv.h>

/* Set by `pond up` and by nodes for their children: the parent's process id. A
 * child whose parent is gone, however it went, ends by itself
 * (PR_SET_PDEATHSIG). Without it a server is on its own, as under systemd or a
 * shell. */
#define SERVER_PARENT_VARIABLE "POND_PARENT"

/* Tie this process to its parent, if the variable asks for it. Any command may
 * be tied: a node runs some (node/page/own_command.h). ERR_STATE: the parent is
 * gone. */
int server_tie_to_parent(void);

/*
 * Stays where it is: its handles point at it.
 *
 * Invariants:
 *
 * 1. From server_open() to server_release() both signals are on the loop, so
 *    that it runs even if nothing else is.
 * 2. stop is called at most once, and not once is_stopping is set.
 * 3. From server_open() to server_release() the timer is on the loop; it holds
 *    nothing alive, and runs only where there is a supervisor.
 * 4. unsaid is NULL, or a text that the supervisor had no room for yet.
 */
struct server {
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    void (*stop)(void *user); /* begin a clean end; called once */
    void *user;
    bool is_stopping; /* set it, too, when stopping for another reason */
    bool is_again;    /* another program takes its place: server_again() */
    struct supervisor supervisor;
    uv_timer_t pulse; /* signs of life for it */
    const char *unsaid;
    /* What the server is doing, a line for people, appended; NULL: nothing is
     * said. Set before server_ready(). */
    void (*describe)(void *user, struct buffer *out);
};

/*
 * Let the programs that this one starts get cgroups, if systemd allows it
 * (cgroup_make_room() in base/cgroup.h). First thing, before any is started,
 * and before the loop: it may wait for systemctl.
 */
void server_make_room(void);

/* stop is called on the loop for the first SIGINT or SIGTERM; a second one
 * ends the process at once. SIGPIPE is ignored from here on. Returns
 * ERR_STATE if the parent is gone already. */
int server_open(struct server *server, void (*stop)(void *user), void *user);

/* It serves: said to the supervisor. Once. */
void server_ready(struct server *server);

/* Let go of the signals, so that the loop can end. The supervisor hears that
 * the server stops. */
void server_release(struct server *server);

/* Is there still a program to take this one's place? ERR_STATE. */
int server_can_again(void);

/* The server begins anew: it ends as ever, but for what the supervisor hears,
 * and server_take_place() follows server_run(). A signal that comes meanwhile
 * ends it for good, and clears is_again. */
void server_again(struct server *server);

/* Set for a program that has taken another one's place: nobody sits at a
 * terminal and waits for its questions. */
#define SERVER_AGAIN_VARIABLE "POND_AGAIN"

/* The same program with the same words in this one's process. It returns only
 * where that can't be. */
int server_take_place(void);

/* Run the loop until nothing is left on it, and close it. */
void server_run(struct server *server);

/* The program NAME beside this one (build tree and installation alike), or
 * where POND_WORKER says; the caller frees it. Whether it is there shows when
 * it is started. */
char *server_program(const char *name);

/* The same of a program of another room, which no variable names. */
char *server_program_at(const char *name, const char *room);

#endif
