/**
 * Questions about paragraphs, answered by a stretch of the paragraph: the files, features, answers
 * and metrics of SQuAD.
 *
 * <p>Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (2016), and
 * "Know What You Don't Know: Unanswerable Questions for SQuAD" (2018).
 */
@NullMarked
package dev.espalier.tasks.squad;

import org.jspecify.annotations.NullMarked;
