/*
 * While typing is hidden, a signal that ends the process restores the terminal
 * first: otherwise the user's shell would show nothing afterwards.
 *
 * read() and not stdio, whose buffer would keep the secret.
 */
#include "base/secret_input.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* What ends a process while a user types. */
static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#define ENDING_SIGNALS (sizeof(ending_signals) / sizeof(*ending_signals))

/* While typing is hidden: the terminal as it was, which a signal's handler can
 * find nowhere else, and what the signals did before. */
static struct termios terminal_before;
static struct sigaction actions_before[ENDING_SIGNALS];

/* The handler is gone when it runs (SA_RESETHAND), so the signal that it raises
 * ends the process as it would have. What was typed is dropped: a shell would
 * read it as a command. */
static void on_ending_signal(int number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    raise(number);
}

/* Switch the echo off; false if stdin is no terminal. TCSAFLUSH drops what was
 * typed ahead, which was not meant for this. The handlers come first, or a
 * signal in between would leave a terminal that shows nothing. A signal that is
 * ignored (nohup) stays so. */
static bool hide_typing(void)
{
    struct sigaction restore = {.sa_handler = on_ending_signal,
                                .sa_flags = (int)SA_RESETHAND};

    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return false;
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        CHECK(sigaction(ending_signals[i], NULL, &actions_before[i]) == 0);
        if (actions_before[i].sa_handler != SIG_IGN)
            CHECK(sigaction(ending_signals[i], &restore, NULL) == 0);
    }
    struct termios silent = terminal_before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    return true;
}

/* In the opposite order, for the same reason. */
static void show_typing(void)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        CHECK(sigaction(ending_signals[i], &actions_before[i], NULL) == 0);
}

/* Is what was read all there is to read? A terminal gives a line at a time. Of
 * a key file's array that is pasted there, the lines up to the bracket belong
 * together. */
static bool is_whole(const char *typed, size_t size, bool is_key)
{
    return size && typed[size - 1] == '\n' &&
           (!is_key || typed[strspn(typed, " \t\r\n")] != '[' ||
            strchr(typed, ']'));
}

bool secret_input_is_terminal(void)
{
    return isatty(STDIN_FILENO) == 1;
}

/* For a pipe there is neither prompt nor echo to be switched off. The prompt is
 * on stderr, because stdout is for results, and comes when what is typed is no
 * longer shown nor dropped; the line end that was not echoed is printed there,
 * too. */
int secret_input_read(const char *prompt, bool is_key, char *out, size_t size)
{
    CHECK(out && size > 1);
    bool hidden = hide_typing();
    size_t used = 0;
    ssize_t got = 0;

    if (hidden)
        fprintf(stderr, "%s: ", prompt);
    out[0] = 0;
    while (used < size - 1 && !(hidden && is_whole(out, used, is_key))) {
        got = read(STDIN_FILENO, out + used, size - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        out[used] = 0;
    }
    if (hidden) {
        show_typing();
        fputc('\n', stderr);
    }
    if (got < 0)
        return err_errno("reading standard input");
    if (!used)
        return err_set(ERR_INVALID, "nothing was typed");
    if (used == size - 1)
        return err_set(ERR_LIMIT, "that is more than %zu bytes", size - 2);
    if (memchr(out, 0, used))
        return err_set(ERR_INVALID, "there is a zero byte in it: is it UTF-16 "
                                    "text? Save it as UTF-8");
    return 0;
}
