/*
 * A line of what `pond doctor` says.
 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>

void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
                const char *format, ...)
{
    static const char *const words[] = {
        [GOOD] = "good", [WARNING] = "warning", [BAD] = "bad"};
    struct output *output = &doctor->cli->output;
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    doctor->failures += verdict == BAD;
    output_text(output, "check", check);
    output_text(output, "verdict", words[verdict]);
    output_text(output, "text", text);
    output_record(output);
}
