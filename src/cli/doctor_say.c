/*
 * A line of what `pond doctor` says.
 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
                const char *fix, const char *format, ...)
{
    static const char *const words[] = {
        [GOOD] = "good", [WARNING] = "warning", [BAD] = "bad"};
    struct output *output = &doctor->cli->output;
    char text[768];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    doctor->failures += verdict == BAD;
    output_text(output, "check", check);
    output_text(output, "verdict", words[verdict]);
    /* For people in one column, which a table has room for. */
    if (fix && !output->json) {
        size_t size = strlen(text);

        snprintf(text + size, sizeof(text) - size, "; %s", fix);
    }
    output_text(output, "text", text);
    if (fix && output->json)
        output_text(output, "fix", fix);
    output_record(output);
}
