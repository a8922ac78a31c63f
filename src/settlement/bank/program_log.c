#include "settlement/bank/program_log.h"
#include "base/base64.h"
#include "base/check.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Longest formatted line that a program can write to the log, in bytes with the
 * NUL. */
#define LOG_LINE_SIZE_MAX 512

/* Lines and their array lie in the arena. Past TRANSACTION_LOG_SIZE_MAX one
 * line says so and nothing more is kept, as on Solana. */
static void log_append(struct transaction_context *context, struct bytes line)
{
    struct transaction_log *log = context->log;
    if (log->truncated)
        return;
    if (log->size_bytes + line.size >= TRANSACTION_LOG_SIZE_MAX) {
        /* This line is lost, and all later ones. */
        log->truncated = true;
        line = bytes_text("Log truncated");
    }
    if (log->count == log->capacity) {
        size_t capacity = log->capacity ? log->capacity * 2 : 16;
        struct bytes *lines =
            arena_alloc(context->arena, capacity * sizeof(*lines));
        if (log->count)
            memcpy(lines, log->lines, log->count * sizeof(*lines));
        log->lines = lines;
        log->capacity = capacity;
    }
    log->lines[log->count++] = arena_bytes(context->arena, line);
    log->size_bytes += line.size;
}

/* Lines are formatted on the stack and copied because most are short. */
__attribute__((format(printf, 2, 0))) static void
log_format(struct invocation *invocation, const char *format,
           const char *prefix, va_list arguments)
{
    char line[LOG_LINE_SIZE_MAX];
    size_t head = strlen(prefix);
    memcpy(line, prefix, head + 1);
    int size = vsnprintf(line + head, sizeof(line) - head, format, arguments);
    CHECK(size >= 0);
    if ((size_t)size >= sizeof(line) - head)
        size = (int)(sizeof(line) - head - 1);
    log_append(invocation->context, bytes_make(line, head + (size_t)size));
}

void invocation_log_text(struct invocation *invocation, struct bytes text)
{
    struct buffer line = {0};
    if (!invocation->context->log)
        return;
    buffer_text(&line, "Program log: ");
    buffer_bytes(&line, text);
    log_append(invocation->context, buffer_view(&line));
    buffer_free(&line);
}

void invocation_log(struct invocation *invocation, const char *format, ...)
{
    if (!invocation->context->log)
        return;
    va_list arguments;
    va_start(arguments, format);
    log_format(invocation, format, "Program log: ", arguments);
    va_end(arguments);
}

/* A broken rule of accounts. Solana finds it only after the program and does
 * not log it as the program's error; here the call that breaks the rule fails.
 */
static bool is_broken_rule(enum instruction_error error)
{
    return (error >= INSTRUCTION_UNBALANCED_INSTRUCTION &&
            error <= INSTRUCTION_RENT_EPOCH_MODIFIED) ||
           (error >= INSTRUCTION_EXECUTABLE_DATA_MODIFIED &&
            error <= INSTRUCTION_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT);
}

void invocation_log_error(struct invocation *invocation,
                          enum instruction_error error)
{
    if (error && error != INSTRUCTION_CUSTOM && !is_broken_rule(error) &&
        !invocation->context->is_broken_off)
        invocation_log(invocation, "Error: %s", instruction_error_name(error));
}

void invocation_log_line(struct invocation *invocation, const char *format, ...)
{
    if (!invocation->context->log)
        return;
    va_list arguments;
    va_start(arguments, format);
    log_format(invocation, format, "", arguments);
    va_end(arguments);
}

/* "Program", its id's text, and what happened: the two lines that every
 * instruction has. Written without printf, which costs more than a transfer's
 * own program. */
void program_log_line(struct invocation *invocation, const char *program,
                      const char *what)
{
    char line[LOG_LINE_SIZE_MAX];
    if (!invocation->context->log)
        return;
    const char *end = stpcpy(stpcpy(stpcpy(line, "Program "), program), what);
    log_append(invocation->context, bytes_make(line, (size_t)(end - line)));
}

/* The line of Solana's runtime when a program returns. program: its id's text.
 */
void program_log_result(struct invocation *invocation, const char *program,
                        enum instruction_error error)
{
    if (!invocation->context->log)
        return;
    if (!error) {
        program_log_line(invocation, program, " success");
        return;
    }
    struct buffer text = {0};
    instruction_error_text(error, invocation->context->custom, &text);
    invocation_log_line(invocation, "Program %s failed: %s", program,
                        buffer_string(&text));
    buffer_free(&text);
}

/* The lines that Solana's virtual machine adds, failed or not. */
void program_log_run(struct invocation *invocation,
                     const struct program *program, uint64_t used_before)
{
    const struct transaction_context *context = invocation->context;
    if (!context->log || !program->is_virtual)
        return;
    invocation_log_line(invocation,
                        "Program %s consumed %" PRIu64 " of %" PRIu64
                        " compute units",
                        program->text, context->compute_used - used_before,
                        context->compute_limit - used_before);
    if (!context->return_data.size)
        return;
    struct buffer line = {0};
    buffer_format(&line, "Program return: %s ", program->text);
    base64_encode(context->return_data, &line);
    log_append(invocation->context, buffer_view(&line));
    buffer_free(&line);
}
