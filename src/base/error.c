/*
 * Each thread has one text of fixed size: setting an error never allocates, so
 * it works without memory, and costs nothing when nothing fails. Success does
 * not clear the text, which is valid only after a call that returned a negative
 * code.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Macros only to the analyzer (error.h). */
#undef err_set
#undef err_add
#undef err_errno

/* What failed last on this thread; "" if nothing has. */
static _Thread_local char text[ERR_TEXT_SIZE];
static _Thread_local enum err_reason reason_given;

int err_set(int code, const char *format, ...)
{
    /* Formatted aside first: the arguments may be err_text() itself. */
    char fresh[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fresh, sizeof(fresh), format, arguments);
    va_end(arguments);
    memcpy(text, fresh, sizeof(text));
    reason_given = ERR_REASON_NONE;
    return code;
}

int err_add(int code, const char *format, ...)
{
    char context[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);
    /* The code came without a text (a "not found" that often is no error): its
     * name says at least what kind it is. */
    if (!text[0])
        return err_set(code, "%s: %s", context, err_name(code));
    enum err_reason reason = reason_given;
    err_set(code, "%s: %s", context, text);
    return err_give_reason(code, reason);
}

int err_give_reason(int code, enum err_reason reason)
{
    reason_given = reason;
    return code;
}

enum err_reason err_reason(void)
{
    return reason_given;
}

int err_errno(const char *format, ...)
{
    /* Kept first: formatting may change errno. */
    int number = errno;
    char what[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return err_set(ERR_IO, "%s: %s", what, strerror(number));
}

const char *err_text(void)
{
    return text;
}

const char *err_name(int code)
{
    static const char *const names[] = {
        [-ERR_INVALID] = "invalid",
        [-ERR_RANGE] = "out of range",
        [-ERR_NOT_FOUND] = "not found",
        [-ERR_EXISTS] = "exists already",
        [-ERR_LIMIT] = "over a limit",
        [-ERR_FULL] = "full",
        [-ERR_IO] = "input or output failed",
        [-ERR_CORRUPT] = "corrupt",
        [-ERR_DENIED] = "denied",
        [-ERR_TIMEOUT] = "timed out",
        [-ERR_BUSY] = "busy",
        [-ERR_CLOSED] = "closed",
        [-ERR_NETWORK] = "network failed",
        [-ERR_REMOTE] = "refused by the other side",
        [-ERR_UNSUPPORTED] = "not supported",
        [-ERR_STATE] = "not possible now",
        [-ERR_CANCELLED] = "cancelled",
        [-ERR_LOCKED] = "locked by another process",
    };
    /* An unknown code, such as a positive one, has a name as well, because this
     * is called while something else goes wrong. */
    unsigned count = sizeof(names) / sizeof(names[0]);
    if (code >= 0 || (unsigned)-code >= count)
        return "error";
    return names[-code];
}

void err_clear(void)
{
    text[0] = '\0';
    reason_given = ERR_REASON_NONE;
}
