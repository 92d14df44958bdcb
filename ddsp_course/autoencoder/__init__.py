"""The model built from dsp: features in, controls, sound out; how it is trained, judged and made to sing."""

from ddsp_course.autoencoder.checkpoints import bundled, load, save
from ddsp_course.autoencoder.decoder import Controls, Decoder
from ddsp_course.autoencoder.model import Autoencoder, TrainingStatistics, sounding_frames, training_statistics
from ddsp_course.autoencoder.run_folder import read_log
from ddsp_course.autoencoder.settings import ModelConfig, Settings, TrainingConfig, settings
from ddsp_course.autoencoder.synthesizer import Stems, synthesize
from ddsp_course.autoencoder.trainer import Trainer, TrainingProgress, TrainingWarning
from ddsp_course.autoencoder.training import train

__all__ = [
    "Autoencoder",
    "Controls",
    "Decoder",
    "ModelConfig",
    "Settings",
    "Stems",
    "Trainer",
    "TrainingConfig",
    "TrainingProgress",
    "TrainingStatistics",
    "TrainingWarning",
    "bundled",
    "load",
    "read_log",
    "save",
    "settings",
    "sounding_frames",
    "synthesize",
    "train",
    "training_statistics",
]
