/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* JSON as text that grows. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

#define CAPACITY_MIN 256

/* Makes room for `size` more octets and a NUL. */
static bool make_room(struct json_text *text, size_t size)
{
	size_t capacity = text->capacity ? text->capacity : CAPACITY_MIN;
	char *octets;

	if (text->out_of_memory)
		return false;
	while (capacity - text->length <= size)
		capacity *= 2;
	if (capacity == text->capacity)
		return true;
	octets = realloc(text->octets, capacity);
	if (!octets) {
		text->out_of_memory = true;
		return false;
	}
	text->octets = octets;
	text->capacity = capacity;
	return true;
}

static void add_octets(struct json_text *text, const char *octets, size_t size)
{
	if (!make_room(text, size))
		return;
	memcpy(text->octets + text->length, octets, size);
	text->length += size;
	text->octets[text->length] = '\0';
}

void json_add_raw(struct json_text *text, const char *octets)
{
	add_octets(text, octets, strlen(octets));
}

void json_add(struct json_text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	if (!make_room(text, CAPACITY_MIN))
		return;
	va_start(arguments, format);
	length = vsnprintf(text->octets + text->length, text->capacity - text->length, format,
			   arguments);
	va_end(arguments);
	if (length >= CAPACITY_MIN && make_room(text, (size_t)length)) {
		va_start(arguments, format);
		vsnprintf(text->octets + text->length, text->capacity - text->length, format,
			  arguments);
		va_end(arguments);
	}
	if (!text->out_of_memory)
		text->length += (size_t)length;
}

/* The code point of a sequence of two or three octets (RFC 3629); 0 when it is another one. */
static unsigned int code_point(const char *at, int *ret_octets)
{
	const unsigned char *o = (const unsigned char *)at;

	if (o[0] >> 5 == 6 && o[1] >> 6 == 2) {
		*ret_octets = 2;
		return (o[0] & 0x1fU) << 6 | (o[1] & 0x3fU);
	}
	if (o[0] >> 4 == 14 && o[1] >> 6 == 2 && o[2] >> 6 == 2) {
		*ret_octets = 3;
		return (o[0] & 0xfU) << 12 | (o[1] & 0x3fU) << 6 | (o[2] & 0x3fU);
	}
	return 0;
}

void json_add_string(struct json_text *text, const char *string)
{
	add_octets(text, "\"", 1);
	while (*string) {
		size_t plain = 0;
		int octets = 1;
		unsigned int code;

		while (string[plain] >= ' ' && string[plain] <= '~' && string[plain] != '"' &&
		       string[plain] != '\\')
			plain++;
		add_octets(text, string, plain);
		string += plain;
		if (!*string)
			break;
		code = *string > 0 ? (unsigned int)*string : code_point(string, &octets);
		if (code == '"' || code == '\\')
			json_add(text, "\\%c", (char)code);
		else if (code)
			json_add(text, "\\u%04x", code);
		else
			add_octets(text, string, 1); /* beyond the first plane: any reader's */
		string += octets;
	}
	add_octets(text, "\"", 1);
}

static void add_object(struct json_text *text, json_t *object)
{
	const char *name, *separator = "{";
	json_t *value;

	json_object_foreach(object, name, value)
	{
		json_add_raw(text, separator);
		json_add_string(text, name);
		json_add_raw(text, ":");
		json_add_value(text, value);
		separator = ",";
	}
	json_add_raw(text, *separator == '{' ? "{}" : "}");
}

void json_add_value(struct json_text *text, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		add_object(text, (json_t *)value);
		break;
	case JSON_ARRAY:
		json_add_raw(text, "[");
		for (size_t i = 0; i < json_array_size(value); i++) {
			json_add_raw(text, i ? "," : "");
			json_add_value(text, json_array_get(value, i));
		}
		json_add_raw(text, "]");
		break;
	case JSON_STRING:
		json_add_string(text, json_string_value(value));
		break;
	case JSON_INTEGER:
		json_add(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	default:
		json_add_raw(text, "null");
	}
}

void json_text_reset(struct json_text *text)
{
	text->length = 0;
	text->out_of_memory = false;
}

void json_text_clear(struct json_text *text)
{
	free(text->octets);
	*text = (struct json_text){0};
}
