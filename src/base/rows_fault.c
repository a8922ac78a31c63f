#include "base/rows_fault.h"

#include "base/check.h"
#include "base/lock.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 512

/* 1. text is complete before address is set, because a handler may read it at
 *    any moment. An address of 0 is a free place. */
struct watched {
    _Atomic uintptr_t address;
    size_t size;
    char text[TEXT_SIZE]; /* said in the handler, where nothing is formatted */
};

static struct watched watched[ROWS_FAULT_WATCHED_MAX];
static struct lock lock = LOCK_INITIALIZER; /* of changes */
static struct sigaction before;
static bool is_installed;

/* This does only what is allowed in a signal handler. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr;
    for (size_t i = 0; i < ROWS_FAULT_WATCHED_MAX; i++) {
        uintptr_t begin = atomic_load(&watched[i].address);
        if (begin == 0 || at < begin || at - begin >= watched[i].size)
            continue;
        const char *text = watched[i].text;
        if (write(STDERR_FILENO, text, strlen(text)) < 0)
            _exit(2);
        _exit(1);
    }
    /* The fault is elsewhere. It comes again on return and finds the handler
     * that was there before. */
    sigaction(SIGBUS, &before, NULL);
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO};
    if (is_installed)
        return;
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGBUS, &action, &before) == 0);
    is_installed = true;
}

void rows_fault_watch(const void *address, size_t size, const char *path)
{
    CHECK(address && size);
    lock_take(&lock);
    install();
    for (size_t i = 0; i < ROWS_FAULT_WATCHED_MAX; i++) {
        struct watched *place = &watched[i];
        if (atomic_load(&place->address))
            continue;
        snprintf(place->text, sizeof(place->text),
                 "pond: %s/data.mdb can't be read: the disk fails, or the file "
                 "was cut off. Nothing was changed. Check the disk; then put a "
                 "copy or a snapshot in its place.\n",
                 path);
        place->size = size;
        atomic_store(&place->address, (uintptr_t)address);
        break;
    }
    lock_give(&lock);
}

void rows_fault_forget(const void *address)
{
    CHECK(address);
    lock_take(&lock);
    for (size_t i = 0; i < ROWS_FAULT_WATCHED_MAX; i++)
        if (atomic_load(&watched[i].address) == (uintptr_t)address)
            atomic_store(&watched[i].address, 0);
    lock_give(&lock);
}
