"""The model built from dsp: features in, controls, sound out; how it is trained, judged and made to sing."""

from ddsp_course.autoencoder.checkpoints import bundled, load, save
from ddsp_course.autoencoder.decoder import Controls, Decoder
from ddsp_course.autoencoder.discriminator import (
    MultiResolutionDiscriminator,
    area_under_curve,
    discriminator_loss,
    generator_loss,
    mean_scores,
)
from ddsp_course.autoencoder.evaluation import evaluate
from ddsp_course.autoencoder.expression import (
    expressive_pitch,
    loudness_shape,
    loudness_shapes,
    measure_vibrato,
    note_of_frame,
    score_frames,
    vibrato_growth,
)
from ddsp_course.autoencoder.instrument_page import export_html
from ddsp_course.autoencoder.midi_files import notes_from_midi
from ddsp_course.autoencoder.model import Autoencoder, TrainingStatistics, sounding_frames, training_statistics
from ddsp_course.autoencoder.notes import note_mask
from ddsp_course.autoencoder.onnx_step import export_onnx
from ddsp_course.autoencoder.run_folder import read_log
from ddsp_course.autoencoder.scores import Evaluation
from ddsp_course.autoencoder.settings import ModelConfig, Settings, TrainingConfig, settings
from ddsp_course.autoencoder.streaming import Stream, StreamingSynthesizer, play_in_blocks
from ddsp_course.autoencoder.synthesizer import Stems, synthesize
from ddsp_course.autoencoder.timbre_map import explained_variance, principal_axes, ridge
from ddsp_course.autoencoder.trainer import Trainer, TrainingProgress, TrainingWarning
from ddsp_course.autoencoder.training import train
from ddsp_course.autoencoder.transfer import adapt_features, save_stems, swap_room, transfer

__all__ = [
    "Autoencoder",
    "Controls",
    "Decoder",
    "Evaluation",
    "ModelConfig",
    "MultiResolutionDiscriminator",
    "Settings",
    "Stems",
    "Stream",
    "StreamingSynthesizer",
    "Trainer",
    "TrainingConfig",
    "TrainingProgress",
    "TrainingStatistics",
    "TrainingWarning",
    "adapt_features",
    "area_under_curve",
    "bundled",
    "discriminator_loss",
    "evaluate",
    "explained_variance",
    "export_html",
    "export_onnx",
    "expressive_pitch",
    "generator_loss",
    "load",
    "loudness_shape",
    "loudness_shapes",
    "mean_scores",
    "measure_vibrato",
    "note_mask",
    "note_of_frame",
    "notes_from_midi",
    "play_in_blocks",
    "principal_axes",
    "read_log",
    "ridge",
    "save",
    "save_stems",
    "score_frames",
    "settings",
    "sounding_frames",
    "swap_room",
    "synthesize",
    "train",
    "training_statistics",
    "transfer",
    "vibrato_growth",
]
