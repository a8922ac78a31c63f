/*
 * UTF-8 and Latin-1 into the engine's strings.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_TEXT_H
#define POND_RUNTIME_WORKER_WORKER_TEXT_H

#include "base/bytes.h"
#include <JavaScriptCore/JavaScript.h>

/* U+FFFD replaces each maximal ill-formed part, as in the Encoding Standard.
 * Release the string with JSStringRelease(). */
JSStringRef worker_text_string(struct bytes utf8);

/* One character for each byte, U+0000 to U+00FF. Release the string as well. */
JSStringRef worker_text_latin1(struct bytes bytes);

#endif
